//! The commands of the overlay's page.

use anyhow::{Context, ensure};
use deploy_tests::tools::root;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;

/// The page.
const PAGE: &str = "deploy/k8s/overlays/podman/README.md";

/// Its blocks of commands, each with the text before it.
pub(crate) struct Page {
    blocks: Vec<(String, String)>,
    taken: RefCell<BTreeSet<usize>>,
}

impl Page {
    /// Reads it.
    pub(crate) fn read() -> anyhow::Result<Self> {
        Self::parse(&fs::read_to_string(root().join(PAGE))?)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut blocks = Vec::new();
        let mut rest = text;
        while let Some((before, from)) = rest.split_once("```sh\n") {
            let (commands, after) = from.split_once("```\n").context("a block ends")?;
            blocks.push((before.to_owned(), commands.to_owned()));
            rest = after;
        }
        ensure!(!rest.contains("```"), "another kind of block");
        Ok(Self {
            blocks,
            taken: RefCell::default(),
        })
    }

    /// The commands that stand below this text.
    pub(crate) fn below(&self, text: &str) -> anyhow::Result<&str> {
        let mut found = (0..).zip(&self.blocks);
        let mut found = found
            .by_ref()
            .filter(|(_, (before, _))| before.contains(text));
        let (number, (_, commands)) = found
            .next()
            .with_context(|| format!("nothing below {text:?}"))?;
        ensure!(found.next().is_none(), "{text:?} is there twice");
        self.taken.borrow_mut().insert(number);
        Ok(commands)
    }

    /// Fails unless each of its blocks was asked for.
    pub(crate) fn everything_was_taken(&self) -> anyhow::Result<()> {
        for (number, (_, commands)) in (0..).zip(&self.blocks) {
            ensure!(self.taken.borrow().contains(&number), "not run: {commands}");
        }
        Ok(())
    }
}

#[test]
fn a_block_is_found_by_the_text_above_it_and_one_that_was_not_asked_for_is_noticed() {
    let page = Page::parse("# One\n```sh\na\nb\n```\nTwo:\n```sh\nc\n```\nTwo.\n").unwrap();
    assert_eq!(page.below("One").unwrap(), "a\nb\n");
    assert!(page.below("Three").is_err());
    assert!(page.everything_was_taken().is_err());
    assert_eq!(page.below("Two").unwrap(), "c\n");
    page.everything_was_taken().unwrap();
    let twice = Page::parse("One\n```sh\na\n```\nOne\n```sh\nb\n```\n").unwrap();
    assert!(twice.below("One").is_err());
}
