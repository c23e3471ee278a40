//! The sentences, in the person's language, cut to LINE's limits.

use crate::happening::{Group, Happening, group};
use crate::pages::Pages;
use crate::phrases::{self, Phrase, Values};
use crate::{Language, Task, display};
use std::fmt::Write;

/// What happened, then the open tasks.
pub(crate) fn reply(
    happenings: &[Happening<'_>],
    open: &[Task],
    language: Language,
) -> Vec<String> {
    let mut pages = Pages::new();
    tell(&mut pages, happenings, language);
    show(&mut pages, open, language);
    pages.into_texts()
}

/// What happened, and nothing else.
pub(crate) fn notice(happenings: &[Happening<'_>], language: Language) -> Vec<String> {
    let mut pages = Pages::new();
    tell(&mut pages, happenings, language);
    pages.into_texts()
}

/// One line a sentence. The most there can be, every kind with as many of the longest names as are told, takes three
/// pages of the five, so there is always room.
fn tell(pages: &mut Pages, happenings: &[Happening<'_>], language: Language) {
    for group in group(happenings) {
        let sentence = |out: &mut String| say(out, &group, language);
        let told = if group.phrase == Phrase::Help {
            pages.paragraph(sentence)
        } else {
            pages.line(sentence)
        };
        debug_assert!(told, "no room for {:?}", group.phrase);
    }
}

fn say(out: &mut String, group: &Group<'_>, language: Language) {
    let mut names = String::new();
    for title in &group.titles {
        if !names.is_empty() {
            phrases::write(&mut names, language, Phrase::Separator, Values::default());
        }
        let quoted = Values {
            names: &display::name(title),
            count: 1,
        };
        phrases::write(&mut names, language, Phrase::Quoted, quoted);
    }
    let unnamed = group.count.saturating_sub(group.titles.len());
    if unnamed > 0 && !names.is_empty() {
        let mut and_more = String::new();
        let values = Values {
            names: &names,
            count: unnamed,
        };
        phrases::write(&mut and_more, language, Phrase::NamesAndMore, values);
        names = and_more;
    }
    let values = Values {
        names: &names,
        count: group.count,
    };
    phrases::write(out, language, group.phrase, values);
}

/// The open tasks, numbered, as many as fit, and how many more there are.
fn show(pages: &mut Pages, open: &[Task], language: Language) {
    let phrase = |phrase, count| {
        let values = Values { names: "", count };
        move |out: &mut String| phrases::write(out, language, phrase, values)
    };
    let mut shown = 0;
    if open.is_empty() {
        let _ = pages.paragraph(phrase(Phrase::ListEmpty, 0));
        return;
    }
    let _ = pages.paragraph(phrase(Phrase::ListHeading, open.len()));
    for task in open {
        let fits = pages.line(|out| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}. {}", shown + 1, display::whole(&task.title));
        });
        if !fits {
            break;
        }
        shown += 1;
    }
    while shown < open.len() && !pages.line(phrase(Phrase::ListContinues, open.len() - shown)) {
        if !pages.remove_line() {
            break;
        }
        shown -= 1;
    }
}
