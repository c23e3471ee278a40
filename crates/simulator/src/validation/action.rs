use jiff::civil::DateTime;
use serde_json::Value;

use super::fields::{ANY_LENGTH, Fields, Length};

const DATA: Length = Length::Utf16(300);
const SHOWN: Length = Length::Graphemes(300);

/// What a quick reply can do.
const TYPES: [&str; 8] = [
    "postback",
    "message",
    "uri",
    "datetimepicker",
    "camera",
    "cameraRoll",
    "location",
    "clipboard",
];
/// What it cannot.
const RICH_MENU_SWITCH: &str = "richmenuswitch";

const INPUT_OPTIONS: [&str; 4] = ["closeRichMenu", "openRichMenu", "openKeyboard", "openVoice"];
const SCHEMES: [&str; 4] = ["http://", "https://", "line:", "tel:"];

/// Where an action stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    QuickReply,
    /// A button of a template.
    Template,
    ImageCarousel,
    /// The image and the text beside the buttons.
    Beside,
}

/// <https://developers.line.biz/en/reference/messaging-api/#quick-reply>
pub(super) fn quick_reply(fields: &mut Fields<'_>) {
    let Some(mut quick_reply) = fields.object("quickReply") else {
        return;
    };
    quick_reply.items("items", 1..=13, |item| {
        item.optional_one_of("type", &["action"]);
        item.https_url("imageUrl", false);
        if let Some(mut tapped) = item.required_object("action") {
            action(&mut tapped, Place::QuickReply);
        }
    });
}

/// <https://developers.line.biz/en/docs/messaging-api/icon-nickname-switch/>
pub(super) fn sender(fields: &mut Fields<'_>) {
    if let Some(mut sender) = fields.object("sender") {
        sender.optional_text("name", Length::Graphemes(20));
        sender.https_url("iconUrl", false);
    }
}

/// <https://developers.line.biz/en/reference/messaging-api/#action-objects>
pub(super) fn action(fields: &mut Fields<'_>, place: Place) {
    let mut types = TYPES.to_vec();
    if place != Place::QuickReply {
        types.push(RICH_MENU_SWITCH);
    }
    let Some(kind) = fields.one_of("type", &types) else {
        return;
    };
    match place {
        Place::QuickReply | Place::Template => fields.required_text("label", Length::Graphemes(20)),
        Place::ImageCarousel => fields.optional_text("label", Length::Graphemes(12)),
        Place::Beside => fields.optional_text("label", Length::Graphemes(20)),
    }
    match kind {
        "postback" => {
            fields.required_text("data", DATA);
            fields.optional_text("displayText", SHOWN);
            fields.optional_text("fillInText", SHOWN);
            fields.optional_one_of("inputOption", &INPUT_OPTIONS);
        }
        "message" => fields.required_text("text", SHOWN),
        "uri" => {
            fields.url("uri", Length::Utf16(1_000), &SCHEMES);
            if let Some(mut other) = fields.object("altUri") {
                other.optional_text("desktop", Length::Utf16(1_000));
            }
        }
        "datetimepicker" => picker(fields),
        RICH_MENU_SWITCH => {
            fields.required_text("richMenuAliasId", Length::Utf16(32));
            fields.optional_text("data", DATA);
        }
        "clipboard" => fields.required_text("clipboardText", Length::Utf16(1_000)),
        // Camera, camera roll and location have nothing besides the label.
        _ => {}
    }
}

/// <https://developers.line.biz/en/reference/messaging-api/#datetime-picker-action>
fn picker(fields: &mut Fields<'_>) {
    fields.required_text("data", DATA);
    let Some(mode) = fields.one_of("mode", &["date", "time", "datetime"]) else {
        return;
    };
    let [_, min, max] = ["initial", "min", "max"].map(|name| picked(fields, name, mode));
    if let (Some(min), Some(max)) = (min, max)
        && max <= min
    {
        fields.problem("max", "Must be greater than min");
    }
}

/// What a picker of this mode can pick; anything else is a problem.
fn picked(fields: &mut Fields<'_>, name: &str, mode: &str) -> Option<DateTime> {
    fields.optional_text(name, ANY_LENGTH);
    let text = fields.get(name).and_then(Value::as_str)?;
    let moment = match mode {
        "date" => moment(&format!("{text}T00:00")),
        "time" => moment(&format!("1900-01-01T{text}")),
        _ => moment(&text.replace('t', "T")),
    };
    if moment.is_none() {
        fields.problem(name, format!("Must be a {mode} of the years 1900 to 2100"));
    }
    moment
}

fn moment(text: &str) -> Option<DateTime> {
    const FORMAT: &str = "%Y-%m-%dT%H:%M";
    let moment = DateTime::strptime(FORMAT, text).ok()?;
    // The parser takes digits that are missing.
    let exact = moment.strftime(FORMAT).to_string() == text;
    (exact && (1900..=2100).contains(&moment.year())).then_some(moment)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{problem_of, problems};

    /// A message with this action in its quick reply.
    fn message(mut action: Value) -> Value {
        action["label"] = json!("a");
        json!({ "type": "text", "text": "a", "quickReply": { "items": [{ "action": action }] } })
    }

    fn is_taken(action: Value) -> bool {
        problems(&json!([message(action)])).is_empty()
    }

    /// The property of the action that is refused.
    fn refused(action: Value) -> String {
        let (property, _) = problem_of(&message(action));
        let place = "messages[0].quickReply.items[0].action.";
        property.strip_prefix(place).unwrap_or(&property).to_owned()
    }

    #[test]
    fn a_tap_opens_addresses_of_four_schemes() {
        let uri = |uri: &str| json!({ "type": "uri", "uri": uri });
        for good in [
            "http://a.example",
            "https://a.example",
            "line://app/1",
            "tel:110",
        ] {
            assert!(is_taken(uri(good)), "{good}");
        }
        for bad in ["javascript:alert(1)", "ftp://a.example", "a.example", ""] {
            assert_eq!(refused(uri(bad)), "uri", "{bad}");
        }
        let other =
            |uri: String| json!({ "type": "uri", "uri": "tel:110", "altUri": { "desktop": uri } });
        assert!(is_taken(other("a".repeat(1_000))));
        assert_eq!(refused(other("a".repeat(1_001))), "altUri.desktop");
    }

    #[test]
    fn a_postback_opens_what_there_is() {
        let postback =
            |option: &str| json!({ "type": "postback", "data": "d", "inputOption": option });
        for good in ["closeRichMenu", "openRichMenu", "openKeyboard", "openVoice"] {
            assert!(is_taken(postback(good)), "{good}");
        }
        assert_eq!(refused(postback("openWindow")), "inputOption");
    }

    #[test]
    fn a_quick_reply_switches_no_rich_menu() {
        let switch =
            json!({ "type": "richmenuswitch", "label": "a", "richMenuAliasId": "b", "data": "d" });
        assert_eq!(refused(switch.clone()), "type");
        let template = json!({ "type": "buttons", "text": "t", "actions": [switch] });
        let message = json!({ "type": "template", "altText": "a", "template": template });
        assert!(problems(&json!([message])).is_empty());
    }

    #[test]
    fn a_picker_takes_the_dates_and_times_of_its_mode() {
        let picker = |mode: &str, initial: &str| json!({ "type": "datetimepicker", "data": "d", "mode": mode, "initial": initial });
        for (mode, good) in [
            ("date", "1900-01-01"),
            ("date", "2100-12-31"),
            ("time", "00:00"),
            ("time", "23:59"),
            ("datetime", "2017-06-18T06:15"),
            ("datetime", "2017-06-18t06:15"),
        ] {
            assert!(is_taken(picker(mode, good)), "{mode} {good}");
        }
        for (mode, bad) in [
            ("date", "1899-12-31"),
            ("date", "2101-01-01"),
            ("date", "2017-02-29"),
            ("date", "2017-6-8"),
            ("date", "2017-06-18T06:15"),
            ("date", ""),
            ("time", "24:00"),
            ("time", "6:15"),
            ("time", "06:15:00"),
            ("datetime", "2017-06-18 06:15"),
            ("datetime", "2017-06-18T06:15+09:00"),
            ("datetime", "2017-06-18"),
        ] {
            assert_eq!(refused(picker(mode, bad)), "initial", "{mode} {bad}");
        }
    }

    #[test]
    fn the_last_moment_of_a_picker_is_after_the_first() {
        let picker = |min: &str, max: &str| json!({ "type": "datetimepicker", "data": "d", "mode": "datetime", "min": min, "max": max });
        assert!(is_taken(picker("2026-01-01t00:00", "2026-01-01T00:01")));
        assert_eq!(
            refused(picker("2026-01-01T00:00", "2026-01-01t00:00")),
            "max"
        );
    }
}
