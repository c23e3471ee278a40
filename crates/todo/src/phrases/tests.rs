use super::*;
use crate::message::COMMAND_WORDS;
use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Message, Pattern, PatternElement, Resource,
};
use std::collections::BTreeSet;

fn parse(language: Language) -> Resource<&'static str> {
    match fluent_syntax::parser::parse(source(language)) {
        Ok(resource) => resource,
        Err((_, errors)) => panic!("{}: {errors:?}", language.code()),
    }
}

fn messages(language: Language) -> Vec<Message<&'static str>> {
    let entries = parse(language).body.into_iter();
    entries
        .filter_map(|entry| match entry {
            Entry::Message(message) => Some(message),
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => None,
            other => panic!(
                "{}: only plain messages are expected: {other:?}",
                language.code()
            ),
        })
        .collect()
}

fn variables<'s>(pattern: &Pattern<&'s str>) -> BTreeSet<&'s str> {
    let expressions = pattern.elements.iter().filter_map(|element| match element {
        PatternElement::TextElement { .. } => None,
        PatternElement::Placeable { expression } => Some(expression),
    });
    let mut found = BTreeSet::new();
    for expression in expressions {
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                for variant in variants {
                    found.extend(variables(&variant.value));
                }
                selector
            }
        };
        match inline {
            InlineExpression::VariableReference { id } => {
                found.insert(id.name);
            }
            InlineExpression::StringLiteral { .. } => {}
            other => panic!("only variables and strings are expected: {other:?}"),
        }
    }
    found
}

#[test]
fn every_language_has_every_phrase_once_and_no_other() {
    let expected: Vec<&str> = Phrase::ALL.iter().map(|phrase| phrase.id()).collect();
    for language in Language::ALL {
        let ids: Vec<&str> = messages(language)
            .iter()
            .map(|message| message.id.name)
            .collect();
        assert_eq!(
            ids,
            expected,
            "{}, in the order of the code",
            language.code()
        );
    }
}

#[test]
fn no_two_phrases_have_the_same_id() {
    let ids: BTreeSet<&str> = Phrase::ALL.iter().map(|phrase| phrase.id()).collect();
    assert_eq!(ids.len(), Phrase::ALL.len());
}

#[test]
fn every_phrase_uses_exactly_its_variables_in_every_language() {
    for language in Language::ALL {
        for (message, phrase) in messages(language).iter().zip(Phrase::ALL) {
            let used = message.value.as_ref().map(variables);
            let declared = phrase.variables().iter().map(|variable| variable.id());
            assert_eq!(
                used,
                Some(declared.collect()),
                "{} {phrase:?}",
                language.code()
            );
            assert!(
                message.attributes.is_empty(),
                "{} {phrase:?}",
                language.code()
            );
        }
    }
}

#[test]
fn every_phrase_can_be_said_in_every_language() {
    let values = Values {
        names: "milk",
        count: 7,
    };
    for language in Language::ALL {
        for phrase in Phrase::ALL {
            let mut text = String::new();
            write(&mut text, language, *phrase, values);
            assert!(!text.contains(['{', '}', '$']), "{text}");
            assert!(
                !text.is_empty() || *phrase == Phrase::Separator,
                "{phrase:?}"
            );
            let about_names = [Variable::Names, Variable::Title];
            let expected = phrase
                .variables()
                .iter()
                .any(|variable| about_names.contains(variable));
            assert_eq!(text.contains("milk"), expected, "{text}");
        }
    }
}

#[test]
fn english_counts_one_task_and_several_tasks() {
    let say = |phrase, count| {
        let mut text = String::new();
        write(
            &mut text,
            Language::English,
            phrase,
            Values { names: "", count },
        );
        text
    };
    assert_eq!(say(Phrase::Cleared, 1), "🧹 Cleared your list (one task).");
    assert_eq!(say(Phrase::Cleared, 2), "🧹 Cleared your list (2 tasks).");
    assert_eq!(say(Phrase::ListContinues, 1), "…and one more task.");
    assert_eq!(say(Phrase::ListContinues, 21), "…and 21 more tasks.");
}

#[test]
fn help_names_every_command_word() {
    for language in Language::ALL {
        let mut help = String::new();
        write(&mut help, language, Phrase::Help, Values::default());
        for (word, _) in COMMAND_WORDS {
            assert!(help.contains(word), "{} {word}", language.code());
        }
    }
}
