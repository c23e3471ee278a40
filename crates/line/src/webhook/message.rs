//! Messages people send.

use super::lenient;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

/// A message somebody sent or edited.
///
/// <https://developers.line.biz/en/reference/messaging-api/#message-event>
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    /// Its id; an unsend names it.
    pub id: Option<Cow<'a, str>>,
    /// Quotes it in an answer. No expiry, same chat only.
    pub quote_token: Option<Cow<'a, str>>,
    /// The message it quotes.
    pub quoted_message_id: Option<Cow<'a, str>>,
    /// Marks it and everything before it as read.
    pub mark_as_read_token: Option<Cow<'a, str>>,
    /// What was sent.
    pub content: Content<'a>,
}

/// What was sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Content<'a> {
    /// Text.
    Text(Text<'a>),
    /// A picture.
    Image(Media<'a>),
    /// A video.
    Video(Media<'a>),
    /// A sound recording.
    Audio(Media<'a>),
    /// A file.
    File(File<'a>),
    /// A place.
    Location(Location<'a>),
    /// A sticker.
    Sticker(Sticker<'a>),
    /// A kind of message LINE added later, or a text message without its text.
    Other {
        /// `type` as sent.
        message_type: Option<Cow<'a, str>>,
    },
}

/// Text with what is marked in it. Positions and lengths in it are counted in UTF-16 code units.
///
/// <https://developers.line.biz/en/reference/messaging-api/#wh-text>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// What was typed. A LINE emoji is in it as `(hello)`, a mention as `@name`.
    pub text: Cow<'a, str>,
    /// The LINE emoji in it.
    pub emojis: Vec<Emoji<'a>>,
    /// The mentions in it, at most 20.
    pub mentionees: Vec<Mentionee<'a>>,
}

/// A LINE emoji in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Emoji<'a> {
    /// Where it begins.
    #[serde(deserialize_with = "lenient::lenient")]
    pub index: Option<usize>,
    /// How long its stand-in is.
    #[serde(deserialize_with = "lenient::lenient")]
    pub length: Option<usize>,
    /// The emoji set.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub product_id: Option<Cow<'a, str>>,
    /// The emoji in its set.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub emoji_id: Option<Cow<'a, str>>,
}

/// Somebody mentioned in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Mentionee<'a> {
    /// Where the mention begins.
    #[serde(deserialize_with = "lenient::lenient")]
    pub index: Option<usize>,
    /// How long it is, with its `@`.
    #[serde(deserialize_with = "lenient::lenient")]
    pub length: Option<usize>,
    /// `user` or `all`.
    #[serde(rename = "type", borrow, deserialize_with = "lenient::string")]
    pub target: Option<Cow<'a, str>>,
    /// Who is mentioned, if they agreed that LINE may tell.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub user_id: Option<Cow<'a, str>>,
    /// Whether it is the bot itself: as LINE says, or else by its user id.
    #[serde(deserialize_with = "lenient::lenient")]
    pub is_self: Option<bool>,
}

/// A picture, video or sound recording. Its bytes are fetched by the message's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media<'a> {
    /// Where the bytes are.
    pub content_provider: Option<ContentProvider<'a>>,
    /// How long it plays, in milliseconds.
    pub duration: Option<i64>,
    /// The set of pictures sent together, for pictures.
    pub image_set: Option<ImageSet<'a>>,
}

/// Where the bytes of a picture, video or recording are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContentProvider<'a> {
    /// `line` or `external`.
    #[serde(rename = "type", borrow, deserialize_with = "lenient::string")]
    pub provider: Option<Cow<'a, str>>,
    /// For `external`: the content.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub original_content_url: Option<Cow<'a, str>>,
    /// For `external`: a small picture of it.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub preview_image_url: Option<Cow<'a, str>>,
}

/// Pictures sent together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ImageSet<'a> {
    /// The same for all of them.
    #[serde(borrow, deserialize_with = "lenient::string")]
    pub id: Option<Cow<'a, str>>,
    /// Which of them, from 1.
    #[serde(deserialize_with = "lenient::lenient")]
    pub index: Option<i64>,
    /// How many.
    #[serde(deserialize_with = "lenient::lenient")]
    pub total: Option<i64>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File<'a> {
    /// Its name.
    pub name: Option<Cow<'a, str>>,
    /// Its size in bytes.
    pub size: Option<i64>,
}

/// A place.
#[derive(Clone, Debug, PartialEq)]
pub struct Location<'a> {
    /// What it is called.
    pub title: Option<Cow<'a, str>>,
    /// Its postal address.
    pub address: Option<Cow<'a, str>>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

/// A sticker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sticker<'a> {
    /// Its set.
    pub package_id: Option<Cow<'a, str>>,
    /// The sticker in its set.
    pub sticker_id: Option<Cow<'a, str>>,
    /// `STATIC`, `ANIMATION`, `SOUND` and others.
    pub resource_type: Option<Cow<'a, str>>,
    /// What it shows, up to 15 words chosen anew for each event.
    pub keywords: Vec<Cow<'a, str>>,
    /// What the person wrote on it.
    pub text: Option<Cow<'a, str>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Message<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer).map(Fields::into_message)
    }
}

/// A message as it is on the wire: `type` may come last, so all contents are read as one.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(rename = "type", borrow, deserialize_with = "lenient::string")]
    message_type: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::string")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::string")]
    quote_token: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::string")]
    quoted_message_id: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::string")]
    mark_as_read_token: Option<Cow<'a, str>>,

    #[serde(borrow, deserialize_with = "lenient::typed_text")]
    text: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    emojis: Vec<Emoji<'a>>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    mention: Option<Mention<'a>>,

    #[serde(borrow, deserialize_with = "lenient::lenient")]
    content_provider: Option<ContentProvider<'a>>,
    #[serde(deserialize_with = "lenient::lenient")]
    duration: Option<i64>,
    #[serde(borrow, deserialize_with = "lenient::lenient")]
    image_set: Option<ImageSet<'a>>,

    #[serde(borrow, deserialize_with = "lenient::typed_text")]
    file_name: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "lenient::lenient")]
    file_size: Option<i64>,

    #[serde(borrow, deserialize_with = "lenient::typed_text")]
    title: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::typed_text")]
    address: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "lenient::lenient")]
    latitude: Option<f64>,
    #[serde(deserialize_with = "lenient::lenient")]
    longitude: Option<f64>,

    #[serde(borrow, deserialize_with = "lenient::string")]
    package_id: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::string")]
    sticker_id: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::string")]
    sticker_resource_type: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::strings")]
    keywords: Vec<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Mention<'a> {
    #[serde(borrow, deserialize_with = "lenient::list")]
    mentionees: Vec<Mentionee<'a>>,
}

impl<'a> Fields<'a> {
    fn into_message(self) -> Message<'a> {
        let media = Media {
            content_provider: self.content_provider,
            duration: self.duration,
            image_set: self.image_set,
        };
        let content = match (self.message_type.as_deref(), self.text) {
            (Some("text"), Some(text)) => Content::Text(Text {
                text,
                emojis: self.emojis,
                mentionees: self.mention.unwrap_or_default().mentionees,
            }),
            (Some("image"), _) => Content::Image(media),
            (Some("video"), _) => Content::Video(media),
            (Some("audio"), _) => Content::Audio(media),
            (Some("file"), _) => Content::File(File {
                name: self.file_name,
                size: self.file_size,
            }),
            (Some("location"), _) => Content::Location(Location {
                title: self.title,
                address: self.address,
                latitude: self.latitude,
                longitude: self.longitude,
            }),
            (Some("sticker"), text) => Content::Sticker(Sticker {
                package_id: self.package_id,
                sticker_id: self.sticker_id,
                resource_type: self.sticker_resource_type,
                keywords: self.keywords,
                text,
            }),
            _ => Content::Other {
                message_type: self.message_type,
            },
        };
        Message {
            id: self.id,
            quote_token: self.quote_token,
            quoted_message_id: self.quoted_message_id,
            mark_as_read_token: self.mark_as_read_token,
            content,
        }
    }
}
