//! The same commit is the same image. Compiling everything twice takes minutes: `cargo xtask image --twice` does that,
//! before a release. Here the images are put together twice, and the program is shown to know nothing of where and when.

use deploy_tests::containers::{copy_out, podman, succeeded};
use deploy_tests::tools::root;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn digest(image: &str) -> anyhow::Result<String> {
    let format = ["image", "inspect", "--format", "{{.Digest}}", image];
    Ok(succeeded(&mut podman(&format)?)?.trim().to_owned())
}

fn label(image: &str, name: &str) -> anyhow::Result<String> {
    let format = format!("{{{{index .Config.Labels \"org.opencontainers.image.{name}\"}}}}");
    let told = succeeded(&mut podman(&[
        "image", "inspect", "--format", &format, image,
    ])?)?;
    Ok(told.trim().to_owned())
}

/// When the commit was made, which is the time of everything in the images.
fn commit_time() -> anyhow::Result<String> {
    let mut git = Command::new("git");
    git.args(["log", "-1", "--format=%ct"]).current_dir(root());
    Ok(succeeded(&mut git)?.trim().to_owned())
}

/// Builds `again` as `built` was, and compares.
fn same_digest(built: &str, again: &str, file: &Path, context: &Path) -> anyhow::Result<()> {
    let time = commit_time()?;
    succeeded(
        podman(&[
            "build",
            "--quiet",
            "--layers=false",
            "--tag",
            again,
            "--timestamp",
            &time,
        ])?
        .args([
            "--build-arg",
            &format!("VERSION={}", label(built, "version")?),
        ])
        .args([
            "--build-arg",
            &format!("REVISION={}", label(built, "revision")?),
        ])
        .arg("--file")
        .args([file, context]),
    )?;
    let digests = (digest(built)?, digest(again)?);
    succeeded(&mut podman(&["image", "rm", again])?)?;
    assert_eq!(digests.0, digests.1);
    Ok(())
}

#[test]
#[ignore = "needs podman and the images: cargo xtask test"]
fn the_web_tier_put_together_again_has_the_same_digest() -> anyhow::Result<()> {
    let file = root().join("deploy/images/nginx.Containerfile");
    same_digest(
        "linebot-nginx:local",
        "localhost/linebot-test-again:nginx",
        &file,
        &root(),
    )
}

/// The last stage of the bot's Containerfile, on files that were compiled before and have the time of now.
#[test]
#[ignore = "needs podman and the images: cargo xtask test"]
fn the_bot_put_together_again_has_the_same_digest() -> anyhow::Result<()> {
    let (built, again) = ("app-server:local", "localhost/linebot-test-again:app");
    let folder = TempDir::new()?;
    let files = folder.path().join("image");
    fs::create_dir(&files)?;
    copy_out(built, "linebot", &files)?;
    copy_out(built, "etc", &files)?;
    let text = fs::read_to_string(root().join("deploy/images/app.Containerfile"))?;
    let (first_stage, last_stage) = text.split_once("\nFROM scratch\n").expect("a last stage");
    // The name of the files' owner, as this stage knows it, is part of the image's history.
    let mut lines = first_stage.lines();
    let from = lines
        .find(|line| line.starts_with("FROM "))
        .expect("a base");
    let containerfile = folder.path().join("Containerfile");
    fs::write(
        &containerfile,
        format!("{from}\nCOPY image /image\n\nFROM scratch\n{last_stage}"),
    )?;
    same_digest(built, again, &containerfile, folder.path())
}

#[test]
#[ignore = "needs podman and the images: cargo xtask test"]
fn the_program_knows_no_folder_of_the_machine_it_was_compiled_on() -> anyhow::Result<()> {
    let program = crate::sbom::program()?;
    let text = String::from_utf8_lossy(&program);
    assert!(
        text.contains("cargo/registry/src/"),
        "crates are named by a path"
    );
    for folder in [
        "/usr/local/cargo/",
        "/src/crates/",
        "/target/x86_64",
        "/target/release",
    ] {
        assert!(!text.contains(folder), "{folder}");
    }
    Ok(())
}
