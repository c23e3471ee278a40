use std::fmt;
use std::sync::Arc;

/// The time as the simulated platform sees it, in milliseconds since 1970.
///
/// It stamps events and the API's answers, and judges reply tokens, retry keys, access tokens and the month of the
/// quota. Waits (the webhook deadline, redelivery delays) follow the machine's own time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::new(|| jiff::Timestamp::now().as_millisecond())
    }

    /// A clock that reads the time from `now`, so that a test can move it.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Clock({} ms)", self.now())
    }
}

/// The time as LINE's API writes it: `2020-09-30T05:38:20.031Z`.
pub(crate) fn iso_8601(milliseconds: i64) -> String {
    let time =
        jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// The time as the `Date` of an HTTP answer has it: `Wed, 30 Sep 2020 05:38:20 GMT`; none for a year it cannot write.
pub(crate) fn http_date(milliseconds: i64) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(milliseconds).ok()?;
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .ok()
}

/// Months since year 0 in Japan, where LINE's monthly quota begins anew.
pub(crate) fn month(milliseconds: i64) -> i32 {
    let time =
        jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let date = jiff::tz::offset(9).to_datetime(time).date();
    i32::from(date.year()) * 12 + i32::from(date.month())
}

#[cfg(test)]
mod tests {
    use super::{http_date, iso_8601, month};

    #[test]
    fn times_are_written_as_line_writes_them() {
        assert_eq!(iso_8601(1_601_444_300_031), "2020-09-30T05:38:20.031Z");
        assert_eq!(
            http_date(1_601_444_300_031).unwrap(),
            "Wed, 30 Sep 2020 05:38:20 GMT"
        );
    }

    #[test]
    fn a_month_begins_at_midnight_in_japan() {
        let midnight = 1_601_478_000_000; // 2020-10-01T00:00+09:00
        assert_eq!(month(midnight), month(midnight - 1) + 1);
    }
}
