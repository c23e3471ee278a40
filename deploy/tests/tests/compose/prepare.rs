//! The script that makes .env and the secrets.

use crate::project::{copy, prepare};
use deploy_tests::containers::both;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// The channel of somebody with a LINE account.
const CHANNEL: [(&str, &str); 2] = [
    ("LINE_CHANNEL_SECRET", "the secret"),
    ("LINE_CHANNEL_ACCESS_TOKEN", "the token"),
];

#[track_caller]
fn prepared(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) {
    let output = prepare(folder, arguments, variables).output().unwrap();
    assert!(output.status.success(), "{}", both(&output));
}

fn secrets(folder: &Path) -> BTreeMap<String, String> {
    let folder = folder.join("deploy/compose/private/secrets");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn environment(folder: &Path) -> String {
    fs::read_to_string(folder.join(".env")).unwrap()
}

#[test]
fn without_a_line_account_it_chooses_the_simulator_and_makes_everything_up() {
    let folder = copy().unwrap();
    prepared(folder.path(), &[], &[]);
    let text = environment(folder.path());
    assert!(text.contains("\nCOMPOSE_PROFILES=simulator\n"), "{text}");
    assert!(
        text.contains("\nLINE_API_BASE_URL=http://simulator:8080\n"),
        "{text}"
    );
    let secrets = secrets(folder.path());
    assert_eq!(secrets.len(), 7);
    for (name, secret) in &secrets {
        assert_eq!(secret.len(), 64, "{name} is 256 bits as text");
        let same = secrets.values().filter(|other| *other == secret).count();
        assert_eq!(same, 1, "{name} is nobody else's");
    }
}

#[test]
fn with_a_line_channel_it_leaves_the_simulator_out_also_when_run_again() {
    let folder = copy().unwrap();
    prepared(folder.path(), &[], &CHANNEL);
    prepared(folder.path(), &[], &[]);
    let text = environment(folder.path());
    assert!(text.contains("\nCOMPOSE_PROFILES=\n"), "{text}");
    assert!(
        text.contains("\nLINE_API_BASE_URL=https://api.line.me\n"),
        "{text}"
    );
    let secrets = secrets(folder.path());
    assert_eq!(secrets["channel-secret"], "the secret");
    assert_eq!(secrets["channel-access-token"], "the token");
}

#[test]
fn half_a_channel_is_refused() {
    let folder = copy().unwrap();
    let output = prepare(folder.path(), &[], &CHANNEL[..1]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", both(&output));
    assert!(!folder.path().join(".env").exists());
}

#[test]
fn an_argument_it_does_not_know_gets_the_usage() {
    let folder = copy().unwrap();
    let output = prepare(folder.path(), &["--help"], &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        both(&output).contains("prepare.sh new-passwords"),
        "{}",
        both(&output)
    );
}

#[test]
fn run_again_it_keeps_every_password() {
    let folder = copy().unwrap();
    prepared(folder.path(), &[], &[]);
    let before = secrets(folder.path());
    prepared(folder.path(), &[], &[]);
    assert_eq!(secrets(folder.path()), before);
}

#[test]
fn new_passwords_are_new_for_all_but_root_who_gives_them_to_the_others() {
    let folder = copy().unwrap();
    prepared(folder.path(), &[], &[]);
    let before = secrets(folder.path());
    prepared(folder.path(), &["new-passwords"], &[]);
    let kept: Vec<String> = secrets(folder.path())
        .into_iter()
        .filter(|(name, secret)| before[name] == *secret)
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        kept,
        ["channel-access-token", "channel-secret", "root-password"]
    );
}

/// A container has the file mounted, not its name.
#[test]
fn a_secret_that_changes_stays_the_same_file() {
    let folder = copy().unwrap();
    prepared(folder.path(), &[], &[]);
    let path = folder
        .path()
        .join("deploy/compose/private/secrets/channel-secret");
    let before = fs::metadata(&path).unwrap().ino();
    prepared(folder.path(), &[], &CHANNEL);
    assert_eq!(fs::read_to_string(&path).unwrap(), "the secret");
    assert_eq!(fs::metadata(&path).unwrap().ino(), before);
}

#[test]
fn others_on_this_machine_see_nothing_and_the_users_of_the_containers_can_read() {
    let folder = copy().unwrap();
    prepared(folder.path(), &[], &[]);
    let private = folder.path().join("deploy/compose/private");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&private), 0o700, "the gate");
    assert_eq!(mode(&private.join("backups")), 0o1777);
    for name in secrets(folder.path()).keys() {
        assert_eq!(mode(&private.join("secrets").join(name)), 0o644, "{name}");
    }
}
