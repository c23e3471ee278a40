//! Messages that carry more than text, as
//! <https://developers.line.biz/en/reference/messaging-api/#message-objects> describes them.

use super::fields::{ANY_LENGTH, Fields, Length};

pub(super) fn sticker(fields: &mut Fields<'_>) {
    fields.required_text("packageId", ANY_LENGTH);
    fields.required_text("stickerId", ANY_LENGTH);
    fields.optional_text("quoteToken", ANY_LENGTH);
}

pub(super) fn image(fields: &mut Fields<'_>) {
    fields.https_url("originalContentUrl", true);
    fields.https_url("previewImageUrl", true);
}

pub(super) fn video(fields: &mut Fields<'_>) {
    image(fields);
    fields.optional_text("trackingId", Length::Utf16(100));
}

pub(super) fn audio(fields: &mut Fields<'_>) {
    fields.https_url("originalContentUrl", true);
    fields.integer("duration", 1..=i64::MAX);
}

pub(super) fn location(fields: &mut Fields<'_>) {
    fields.required_text("title", Length::Utf16(100));
    fields.required_text("address", Length::Utf16(100));
    fields.number("latitude", -90.0..=90.0);
    fields.number("longitude", -180.0..=180.0);
}

pub(super) fn imagemap(fields: &mut Fields<'_>) {
    fields.https_url("baseUrl", true);
    fields.required_text("altText", Length::Utf16(1_500));
    if let Some(mut size) = fields.required_object("baseSize") {
        size.integer("width", 1_040..=1_040);
        size.integer("height", 1..=i32::MAX.into());
    }
    fields.items("actions", 0..=50, |_| {});
}

pub(super) fn coupon(fields: &mut Fields<'_>) {
    fields.required_text("couponId", ANY_LENGTH);
    fields.optional_text("deliveryTag", Length::Utf16(30));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{problem_of, problems};

    const FILE: &str = "https://example.com/a";

    #[test]
    fn a_duration_is_a_whole_number_of_milliseconds() {
        let audio = |duration: Value| json!({ "type": "audio", "originalContentUrl": FILE, "duration": duration });
        assert!(problems(&json!([audio(json!(1))])).is_empty());
        assert_eq!(
            problem_of(&audio(json!(1.5))),
            ("messages[0].duration".into(), "type".into())
        );
        assert_eq!(problem_of(&audio(json!(0))).0, "messages[0].duration");
    }

    #[test]
    fn an_imagemap_is_1040_whole_pixels_wide() {
        let imagemap = |width: Value| {
            json!({ "type": "imagemap", "baseUrl": FILE, "altText": "a", "actions": [],
                    "baseSize": { "width": width, "height": 520 } })
        };
        assert!(problems(&json!([imagemap(json!(1_040))])).is_empty());
        for wrong in [json!(1_040.5), json!(1_039)] {
            assert_eq!(problem_of(&imagemap(wrong)).0, "messages[0].baseSize.width");
        }
    }

    #[test]
    fn the_delivery_tag_of_a_coupon_has_at_most_thirty_characters() {
        let coupon = |tag: &str| json!({ "type": "coupon", "couponId": "c", "deliveryTag": tag });
        assert!(problems(&json!([coupon(&"a".repeat(30))])).is_empty());
        assert_eq!(
            problem_of(&coupon(&"a".repeat(31))).0,
            "messages[0].deliveryTag"
        );
    }
}
