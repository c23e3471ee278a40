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
    fields.number("duration", 1.0..=f64::MAX);
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
        size.number("width", 1_040.0..=1_040.0);
        size.number("height", 1.0..=f64::MAX);
    }
    fields.items("actions", 0..=50, |_| {});
}
