//! Everything the bot says, in each language: `texts/*.ftl`, in [Fluent](https://projectfluent.org).

use crate::Language;
use crate::list::{MAX_OPEN_TASKS, MAX_TITLE_CHARACTERS, UNDO_DEPTH};
use crate::message::MAX_LINES;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::OnceLock;
use unic_langid::langid;

/// Declares [`Phrase`]: its name here, its id in the `.ftl` files, the variables it may use there.
macro_rules! phrases {
    ($($(#[$doc:meta])* $phrase:ident = $id:literal [$($variable:ident),*];)*) => {
        /// Something the bot can say.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Phrase { $($(#[$doc])* $phrase),* }

        impl Phrase {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$phrase),*];

            const fn id(self) -> &'static str {
                match self { $(Self::$phrase => $id),* }
            }

            const fn variables(self) -> &'static [Variable] {
                match self { $(Self::$phrase => &[$(Variable::$variable),*]),* }
            }
        }
    };
}

phrases! {
    /// A title inside a sentence.
    Quoted = "quoted" [Title];
    /// Between two quoted titles.
    Separator = "separator" [];
    /// Some titles named, the others counted.
    NamesAndMore = "names-and-more" [Names, Count];

    /// Above the open tasks.
    ListHeading = "list-heading" [Count];
    /// In the place of the open tasks when there are none.
    ListEmpty = "list-empty" [];
    /// Below the open tasks when not all of them fit.
    ListContinues = "list-continues" [Count];

    /// Lines became tasks.
    Added = "added" [Names];
    /// Tasks were completed.
    Done = "done" [Names];
    /// The list was emptied.
    Cleared = "cleared" [Count];
    /// There was nothing to clear.
    AlreadyEmpty = "already-empty" [];
    /// Tasks are open again.
    Returned = "returned" [Names];
    /// Tasks were never added.
    Withdrawn = "withdrawn" [Names];
    /// An undo found none of the tasks it was about.
    UndoneUnchanged = "undone-unchanged" [];
    /// There was nothing to undo.
    NothingToUndo = "nothing-to-undo" [];

    /// Lines too long for a title.
    TitleTooLong = "title-too-long" [Names, MaxCharacters];
    /// Lines the list has no room for.
    ListFull = "list-full" [Names, MaxTasks];
    /// Lines past the last one that is read.
    TooManyLines = "too-many-lines" [Names, MaxLines];
    /// A message of white space.
    NothingToRead = "nothing-to-read" [];
    /// A sticker, an image, …
    NotText = "not-text" [];

    /// How to use the bot.
    Help = "help" [UndoDepth];
    /// To a new friend.
    Welcome = "welcome" [];
    /// To a friend who had blocked the bot.
    WelcomeBack = "welcome-back" [];
    /// To such a friend whose list is there no more.
    WelcomeBackAnew = "welcome-back-anew" [];
    /// To a group.
    WelcomeGroup = "welcome-group" [];
}

/// A variable of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    Title,
    Names,
    Count,
    MaxCharacters,
    MaxTasks,
    MaxLines,
    UndoDepth,
}

impl Variable {
    const fn id(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Names => "names",
            Self::Count => "count",
            Self::MaxCharacters => "max-characters",
            Self::MaxTasks => "max-tasks",
            Self::MaxLines => "max-lines",
            Self::UndoDepth => "undo-depth",
        }
    }

    fn value(self, values: Values<'_>) -> FluentValue<'_> {
        match self {
            Self::Title | Self::Names => values.names.into(),
            Self::Count => values.count.into(),
            Self::MaxCharacters => MAX_TITLE_CHARACTERS.into(),
            Self::MaxTasks => MAX_OPEN_TASKS.into(),
            Self::MaxLines => MAX_LINES.into(),
            Self::UndoDepth => UNDO_DEPTH.into(),
        }
    }
}

/// What the variables that are not constants stand for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Values<'a> {
    /// One title, or several quoted ones.
    pub(crate) names: &'a str,
    /// How many.
    pub(crate) count: usize,
}

/// Writes a phrase at the end of `out`.
pub(crate) fn write(out: &mut String, language: Language, phrase: Phrase, values: Values<'_>) {
    let bundle = bundle(language);
    // The tests see to it that every phrase is there in every language.
    let Some(pattern) = bundle
        .get_message(phrase.id())
        .and_then(|message| message.value())
    else {
        return;
    };
    let variables = phrase.variables().iter();
    let arguments: FluentArgs<'_> = variables
        .map(|variable| (variable.id(), variable.value(values)))
        .collect();
    // A String takes everything, and what a phrase may lack the tests know.
    let _ = bundle.write_pattern(out, pattern, Some(&arguments), &mut Vec::new());
}

const fn source(language: Language) -> &'static str {
    match language {
        Language::Japanese => include_str!("../texts/ja.ftl"),
        Language::English => include_str!("../texts/en.ftl"),
    }
}

fn bundle(language: Language) -> &'static FluentBundle<FluentResource> {
    static JAPANESE: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    static ENGLISH: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    let (cell, locale) = match language {
        Language::Japanese => (&JAPANESE, langid!("ja")),
        Language::English => (&ENGLISH, langid!("en")),
    };
    cell.get_or_init(|| {
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // Titles are isolated where they need it (`display`); marks around every number would only be counted.
        bundle.set_use_isolating(false);
        // What cannot be parsed is left out, and a test says so.
        let resource = FluentResource::try_new(source(language).to_owned())
            .unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        bundle
    })
}

#[cfg(test)]
mod tests;
