use serde_json::Value;

use super::action::{Place, action};
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
            template.items("actions", 1..=4, |item| action(item, Place::Template));
        }
        Some("confirm") => {
            template.required_text("text", Length::Graphemes(240));
            template.items("actions", 2..=2, |item| action(item, Place::Template));
        }
        Some("carousel") => {
            template.items("columns", 1..=10, |item| {
                column(item, 120, 60);
                item.items("actions", 1..=3, |item| action(item, Place::Template));
            });
            same_number_of_actions(&mut template);
        }
        Some("image_carousel") => template.items("columns", 1..=10, |item| {
            item.https_url("imageUrl", true);
            if let Some(mut tapped) = item.required_object("action") {
                action(&mut tapped, Place::ImageCarousel);
            }
        }),
        _ => {}
    }
}

fn same_number_of_actions(carousel: &mut Fields<'_>) {
    let columns = carousel.get("columns").and_then(Value::as_array);
    let mut sizes = columns
        .into_iter()
        .flatten()
        .filter_map(|column| column.get("actions")?.as_array().map(Vec::len));
    let first = sizes.next();
    if sizes.any(|size| Some(size) != first) {
        carousel.problem("columns", "Must have the same number of actions each");
    }
}

/// What buttons and the columns of a carousel have besides; the text is shorter beside a title or an image.
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
    if let Some(mut tapped) = fields.object("defaultAction") {
        action(&mut tapped, Place::Beside);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{problem_of, problems};
    use super::*;

    fn message(template: &Value) -> Value {
        json!({ "type": "template", "altText": "a", "template": template })
    }

    fn list(label: &str) -> Value {
        json!({ "type": "message", "label": label, "text": "list" })
    }

    #[test]
    fn labels_are_shorter_in_an_image_carousel() {
        let carousel = |label: &str| {
            let column = json!({ "imageUrl": "https://example.com/a", "action": list(label) });
            message(&json!({ "type": "image_carousel", "columns": [column] }))
        };
        assert!(problems(&json!([carousel(&"一".repeat(12))])).is_empty());
        assert_eq!(
            problem_of(&carousel(&"一".repeat(13))),
            (
                "messages[0].template.columns[0].action.label".into(),
                "Length must be between 0 and 12".into()
            )
        );
        let buttons = |label: &str| {
            message(&json!({ "type": "buttons", "text": "t", "actions": [list(label)] }))
        };
        assert!(problems(&json!([buttons(&"一".repeat(20))])).is_empty());
        assert_eq!(
            problem_of(&buttons(&"一".repeat(21))).0,
            "messages[0].template.actions[0].label"
        );
    }

    #[test]
    fn a_tap_beside_the_buttons_is_an_action_that_needs_no_label() {
        let buttons = |tapped: Value| {
            message(
                &json!({ "type": "buttons", "text": "t", "actions": [list("a")], "defaultAction": tapped }),
            )
        };
        let carousel = |tapped: Value| {
            let column = json!({ "text": "t", "actions": [list("a")], "defaultAction": tapped });
            message(&json!({ "type": "carousel", "columns": [column] }))
        };
        let whole = json!({ "type": "message", "text": "list" });
        assert!(problems(&json!([buttons(whole.clone()), carousel(whole)])).is_empty());
        let broken = json!({ "type": "message" });
        assert_eq!(
            problem_of(&buttons(broken.clone())).0,
            "messages[0].template.defaultAction.text"
        );
        assert_eq!(
            problem_of(&carousel(broken)).0,
            "messages[0].template.columns[0].defaultAction.text"
        );
    }

    #[test]
    fn the_columns_of_a_carousel_have_the_same_number_of_actions() {
        let carousel = |first: usize, second: usize| {
            let columns = [first, second]
                .map(|size| json!({ "text": "t", "actions": vec![list("a"); size] }));
            message(&json!({ "type": "carousel", "columns": columns }))
        };
        assert!(problems(&json!([carousel(2, 2)])).is_empty());
        assert_eq!(
            problem_of(&carousel(1, 2)).0,
            "messages[0].template.columns"
        );
    }
}
