//! What there is to say about a message, before it is put into words.

use crate::phrases::Phrase;
use std::borrow::Cow;

/// More happenings than this are told by kind and not in order: a message of 100 lines shall not get 100 sentences.
const TOLD_IN_ORDER: usize = 8;

/// The most titles one sentence names; it counts the others.
const NAMED: usize = 10;

/// Something that happened, to be told with `phrase`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happening<'t> {
    pub(crate) phrase: Phrase,
    /// The task or line it happened to, if it was one.
    pub(crate) title: Option<Cow<'t, str>>,
    /// How many tasks or lines it happened to, `title` among them.
    pub(crate) count: usize,
}

impl<'t> Happening<'t> {
    /// Something that happened to one task or line.
    pub(crate) fn to(phrase: Phrase, title: impl Into<Cow<'t, str>>) -> Self {
        Self {
            phrase,
            title: Some(title.into()),
            count: 1,
        }
    }
}

impl From<Phrase> for Happening<'_> {
    fn from(phrase: Phrase) -> Self {
        Self {
            phrase,
            title: None,
            count: 1,
        }
    }
}

/// Happenings of one kind, told in one sentence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group<'h> {
    pub(crate) phrase: Phrase,
    /// The first titles, as many as are named.
    pub(crate) titles: Vec<&'h str>,
    /// How many there are, `titles` among them.
    pub(crate) count: usize,
}

/// Puts happenings of one kind together where they follow each other, and wherever they are once there are many.
pub(crate) fn group<'h>(happenings: &'h [Happening<'_>]) -> Vec<Group<'h>> {
    let in_order = happenings.len() <= TOLD_IN_ORDER;
    let mut groups: Vec<Group<'h>> = Vec::new();
    for happening in happenings {
        let same = |group: &&mut Group<'_>| group.phrase == happening.phrase;
        let known = if in_order {
            groups.last_mut().filter(same)
        } else {
            groups.iter_mut().find(same)
        };
        match known {
            Some(group) => {
                group.count += happening.count;
                if group.titles.len() < NAMED {
                    group.titles.extend(happening.title.as_deref());
                }
            }
            None => groups.push(Group {
                phrase: happening.phrase,
                titles: happening.title.as_deref().into_iter().collect(),
                count: happening.count,
            }),
        }
    }
    groups
}
