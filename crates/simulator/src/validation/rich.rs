use serde_json::Value;

use super::action::action;
use super::fields::{Fields, Length};

const ALT_TEXT: Length = Length::Utf16(1_500);
/// <https://developers.line.biz/en/reference/messaging-api/#bubble>
const LARGEST_BUBBLE: usize = 30 * 1024;
/// <https://developers.line.biz/en/reference/messaging-api/#f-carousel>
const LARGEST_CAROUSEL: usize = 50 * 1024;

/// <https://developers.line.biz/en/reference/messaging-api/#flex-message>
pub(super) fn flex(fields: &mut Fields<'_>) {
    fields.required_text("altText", ALT_TEXT);
    let size = fields
        .get("contents")
        .map_or(0, |contents| contents.to_string().len());
    let Some(mut contents) = fields.required_object("contents") else {
        return;
    };
    let largest = match contents.one_of("type", &["bubble", "carousel"]) {
        Some("bubble") => LARGEST_BUBBLE,
        Some("carousel") => {
            contents.items("contents", 1..=12, |bubble| {
                bubble.one_of("type", &["bubble"]);
            });
            LARGEST_CAROUSEL
        }
        _ => return,
    };
    if size > largest {
        fields.problem("contents", format!("Size must be at most {largest} bytes"));
    }
}

/// <https://developers.line.biz/en/reference/messaging-api/#template-messages>
pub(super) fn template(fields: &mut Fields<'_>) {
    fields.required_text("altText", ALT_TEXT);
    let Some(mut template) = fields.required_object("template") else {
        return;
    };
    match template.one_of(
        "type",
        &["buttons", "confirm", "carousel", "image_carousel"],
    ) {
        Some("buttons") => {
            column(&mut template, 160, 60);
            template.items("actions", 1..=4, |item| action(item, true));
        }
        Some("confirm") => {
            template.required_text("text", Length::Graphemes(240));
            template.items("actions", 2..=2, |item| action(item, true));
        }
        Some("carousel") => template.items("columns", 1..=10, |item| {
            column(item, 120, 60);
            item.items("actions", 1..=3, |item| action(item, true));
        }),
        Some("image_carousel") => template.items("columns", 1..=10, |item| {
            item.https_url("imageUrl", true);
            if let Some(mut tapped) = item.required_object("action") {
                action(&mut tapped, false);
            }
        }),
        _ => {}
    }
}

/// Title, text and image, as buttons and carousels have them; the text is shorter beside the others.
fn column(fields: &mut Fields<'_>, longest_alone: usize, longest_beside: usize) {
    fields.optional_text("title", Length::Graphemes(40));
    fields.https_url("thumbnailImageUrl", false);
    let has = |name| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .is_some_and(|value| !value.is_empty())
    };
    let longest = if has("title") || has("thumbnailImageUrl") {
        longest_beside
    } else {
        longest_alone
    };
    fields.required_text("text", Length::Graphemes(longest));
}
