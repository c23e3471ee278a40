use super::fields::{Fields, Length};

/// Labels are at most 20 grapheme clusters in quick replies and templates
/// (<https://developers.line.biz/en/reference/messaging-api/#action-objects>).
const LABEL: Length = Length::Graphemes(20);
const DATA: Length = Length::Utf16(300);
const SHOWN: Length = Length::Graphemes(300);

const TYPES: [&str; 9] = [
    "postback",
    "message",
    "uri",
    "datetimepicker",
    "camera",
    "cameraRoll",
    "location",
    "richmenuswitch",
    "clipboard",
];

/// <https://developers.line.biz/en/reference/messaging-api/#quick-reply>
pub(super) fn quick_reply(fields: &mut Fields<'_>) {
    let Some(mut quick_reply) = fields.object("quickReply") else {
        return;
    };
    quick_reply.items("items", 1..=13, |item| {
        if item.get("type").is_some() {
            item.one_of("type", &["action"]);
        }
        item.https_url("imageUrl", false);
        if let Some(mut tapped) = item.required_object("action") {
            action(&mut tapped, true);
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
pub(super) fn action(fields: &mut Fields<'_>, label_required: bool) {
    let Some(kind) = fields.one_of("type", &TYPES) else {
        return;
    };
    if label_required {
        fields.required_text("label", LABEL);
    } else {
        fields.optional_text("label", LABEL);
    }
    match kind {
        "postback" => {
            fields.required_text("data", DATA);
            fields.optional_text("displayText", SHOWN);
            fields.optional_text("fillInText", SHOWN);
        }
        "message" => fields.required_text("text", SHOWN),
        "uri" => fields.required_text("uri", Length::Utf16(1_000)),
        "datetimepicker" => {
            fields.required_text("data", DATA);
            fields.one_of("mode", &["date", "time", "datetime"]);
        }
        "richmenuswitch" => {
            fields.required_text("richMenuAliasId", Length::Utf16(32));
            fields.optional_text("data", DATA);
        }
        "clipboard" => fields.required_text("clipboardText", Length::Utf16(1_000)),
        // Camera, camera roll and location have nothing besides the label.
        _ => {}
    }
}
