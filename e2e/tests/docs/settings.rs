//! Settings, as the papers tell them.

use crate::pages::{self, page};
use crate::world::Shell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Where variables are declared that are not settings of the binary.
const OTHER_DECLARATIONS: [&str; 3] = [
    "xtask/src/test.rs",
    "xtask/src/bench.rs",
    "e2e/browser/chat.test.mjs",
];

/// What our variables begin with, and those of the Flask bot.
const PREFIXES: [&str; 7] = [
    "LINE_",
    "LINEBOT_",
    "LINECHANNEL",
    "DB",
    "DATABASE_",
    "RUST_",
    "OTEL_",
];

/// Settings of other programs, on the page that tells what became of them.
const OF_OTHERS: [&str; 3] = [
    "DATABASE_DEV_HOST",
    "DATABASE_DEV_USER",
    "DATABASE_DEV_PASSWORD",
];

/// Words that look like variables.
fn variables(text: &str) -> BTreeSet<String> {
    text.split(|character: char| {
        !(character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_')
    })
    .filter(|word| word.len() > 4 && PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
    .map(str::to_owned)
    .collect()
}

async fn linebot(line: &str, variable: Option<&str>) -> anyhow::Result<String> {
    let environment = variable.map(|name| (name.to_owned(), "1".to_owned()));
    let output = Shell::new()?
        .run(line, &environment.into_iter().collect())
        .await?;
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test]
async fn the_readme_has_the_table_of_the_program() -> anyhow::Result<()> {
    let readme = page("README.md");
    let reference = linebot("linebot config check --reference", None).await?;
    assert_eq!(
        readme.between_marks("settings").trim(),
        reference.trim(),
        "paste the output of `linebot config check --reference` between the marks"
    );
    Ok(())
}

#[tokio::test]
async fn every_variable_in_the_papers_exists() -> anyhow::Result<()> {
    let mut known = variables(&linebot("linebot config check --reference", None).await?);
    for path in OTHER_DECLARATIONS {
        known.extend(variables(&fs::read_to_string(pages::root().join(path))?));
    }
    for page in pages::all() {
        for variable in variables(&page.text) {
            // The names of the Flask bot are known to the program, which says the new ones.
            let known = known.contains(&variable)
                || OF_OTHERS.contains(&variable.as_str())
                || linebot("linebot config check", Some(&variable))
                    .await?
                    .contains(&variable);
            assert!(known, "{}: there is no {variable}", page.path.display());
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_configuration_files_shown_are_understood() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let blocks: Vec<_> = pages::all().iter().flat_map(pages::Page::blocks).collect();
    let files = blocks.iter().filter(|block| block.language == "toml");
    let mut seen = 0;
    for block in files {
        fs::write(shell.path("linebot.toml"), &block.text)?;
        let checked = shell
            .run(
                "linebot config check --config linebot.toml",
                &BTreeMap::new(),
            )
            .await?;
        let shown = String::from_utf8(checked.stdout)?;
        for line in block.text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(' ').next().unwrap_or_default();
            let used = shown
                .lines()
                .any(|line| line.starts_with(name) && line.ends_with("linebot.toml"));
            assert!(used, "{}: {line}: {shown}", block.page);
        }
        seen += 1;
    }
    assert!(seen > 0, "the README shows a file");
    Ok(())
}
