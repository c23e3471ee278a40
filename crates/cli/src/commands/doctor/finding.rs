//! What a check found.

use crate::commands::webhook;
use crate::failure::Failure;
use line::ClientError;
use serde::Serialize;
use std::fmt::Write;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) ok: bool,
    pub(super) detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cure: Option<String>,
}

impl Finding {
    pub(super) fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            check,
            ok: true,
            detail: detail.into(),
            cure: None,
        }
    }

    pub(super) fn bad(
        check: &'static str,
        detail: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self {
            check,
            ok: false,
            detail: detail.into(),
            cure: Some(cure.into()),
        }
    }

    pub(super) fn failed(check: &'static str, failure: &Failure) -> Self {
        Self {
            check,
            ok: false,
            detail: failure.message().to_owned(),
            cure: failure.cure().map(ToOwned::to_owned),
        }
    }

    pub(super) fn refused(check: &'static str, error: &ClientError) -> Self {
        Self {
            check,
            ok: false,
            detail: Failure::chain(error),
            cure: webhook::cure(error).map(ToOwned::to_owned),
        }
    }
}

/// A line a finding.
pub(super) fn as_text(findings: &[Finding]) -> String {
    let width = findings
        .iter()
        .map(|finding| finding.check.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for Finding {
        check,
        ok,
        detail,
        cure,
    } in findings
    {
        let mark = if *ok { '✓' } else { '✗' };
        // Writing to a string cannot fail.
        let _ = write!(text, "{mark} {check:width$}  {detail}");
        if let Some(cure) = cure {
            let _ = write!(text, "  ({cure})");
        }
        text.push('\n');
    }
    text
}
