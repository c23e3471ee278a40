//! Export and import.

use crate::damaged_lines;
use crate::support::{Ended, command, linebot, sqlite};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;

/// Three conversations with everything a line can hold, in id order, as an export writes them.
pub(crate) const LISTS: &str = concat!(
    r#"{"conversation":"C11111111111111111111111111111111","revision":0,"next_task_id":0,"undoable":[],"unsent":[],"open":[],"closed":[]}"#,
    "\n",
    r#"{"conversation":"U22222222222222222222222222222222","language":"en","left_at":1700000000000,"revision":3,"next_task_id":4,"undoable":[2,3],"unsent":["9"],"open":[{"id":1,"title":"牛乳 \"を\" 買う🥛","message_id":"7","added_revision":1,"added_at":1699999999000},{"id":3,"title":"eggs","message_id":"","added_revision":3,"added_at":1699999999999}],"closed":[{"id":0,"title":"tea","message_id":"6","added_revision":1,"added_at":1699999998000,"reason":"done","closed_revision":2,"closed_at":1699999999500}]}"#,
    "\n",
    r#"{"conversation":"U33333333333333333333333333333333","language":"ja","revision":1,"next_task_id":1,"undoable":[1],"unsent":[],"open":[{"id":0,"title":"x","message_id":"8","added_revision":1,"added_at":1}],"closed":[]}"#,
    "\n",
);

pub(crate) fn import(url: &str, lines: &(impl AsRef<[u8]> + ?Sized)) -> Ended {
    let mut child = command(&["import", "-"], &[("DATABASE_URL", url)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_ref())
        .unwrap();
    Ended::from(child.wait_with_output().unwrap())
}

pub(crate) fn export(url: &str) -> String {
    linebot(&["export"], &[("DATABASE_URL", url)]).succeeded()
}

#[test]
fn what_was_imported_is_exported_byte_for_byte() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    assert_eq!(export(&url), "");
    assert_eq!(import(&url, LISTS).succeeded(), "conversations stored: 3\n");
    assert_eq!(export(&url), LISTS);
}

#[test]
fn a_second_import_changes_nothing_and_says_so() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    import(&url, LISTS).succeeded();
    let other_lists = LISTS.replace("eggs", "flour");
    let report = import(&url, &other_lists).succeeded();
    assert!(
        report.starts_with(
            "conversations stored: 0\nconversations left as they were, being there already: 3\n"
        ),
        "{report}"
    );
    assert!(
        report.contains("  U22222222222222222222222222222222\n"),
        "{report}"
    );
    assert_eq!(export(&url), LISTS);
}

#[test]
fn many_conversations_are_carried_over_page_by_page() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let lines: String = (0..1_000)
        .map(|number| format!(r#"{{"conversation":"U{number:032x}","revision":1,"next_task_id":1,"undoable":[],"unsent":[],"open":[{{"id":0,"title":"task {number}","message_id":"","added_revision":1,"added_at":5}}],"closed":[]}}"#) + "\n")
        .collect();
    assert_eq!(
        import(&url, &lines).succeeded(),
        "conversations stored: 1000\n"
    );
    assert_eq!(export(&url), lines);

    let again = import(&url, &lines).succeeded();
    assert!(
        again.contains("being there already: 1000\n  U00000000000000000000000000000000\n")
            && again.ends_with("\n  and 995 more\n"),
        "{again}"
    );
    assert_eq!(again.lines().count(), 8, "the first few are named: {again}");
}

#[test]
fn a_task_may_be_called_like_a_command_word() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    import(&url, &damaged_lines::line("U1", &["clear", "元に戻す"])).succeeded();
    assert!(export(&url).contains("元に戻す"));
}

#[test]
fn an_export_to_a_file_appears_when_it_is_complete() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    import(&url, LISTS).succeeded();
    let out = TempDir::new().unwrap();
    let path = out.path().join("lists.jsonl");
    let report = linebot(
        &["export", "--output", path.to_str().unwrap()],
        &[("DATABASE_URL", &url)],
    )
    .succeeded();
    assert_eq!(
        report,
        format!("conversations written to {}: 3\n", path.display())
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), LISTS);
    assert_eq!(
        std::fs::read_dir(out.path()).unwrap().count(),
        1,
        "nothing else is left behind"
    );

    let nowhere = out.path().join("no/such/folder/lists.jsonl");
    let complaint = linebot(
        &["export", "-o", nowhere.to_str().unwrap()],
        &[("DATABASE_URL", &url)],
    )
    .failed(1);
    assert!(
        complaint.contains("cannot write") && complaint.contains("lists.jsonl"),
        "{complaint}"
    );

    let again = TempDir::new().unwrap();
    let copy = sqlite(again.path(), true);
    assert_eq!(
        linebot(
            &["import", path.to_str().unwrap()],
            &[("DATABASE_URL", &copy)]
        )
        .succeeded(),
        "conversations stored: 3\n"
    );
    assert_eq!(export(&copy), LISTS);
}

#[test]
fn an_export_follows_a_link_and_replaces_nothing_but_files() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    import(&url, LISTS).succeeded();
    let out = TempDir::new().unwrap();
    let to = |path: &Path| {
        linebot(
            &["export", "-o", path.to_str().unwrap()],
            &[("DATABASE_URL", &url)],
        )
    };

    let (target, link) = (out.path().join("target"), out.path().join("link"));
    std::fs::write(&target, "old").unwrap();
    symlink(&target, &link).unwrap();
    to(&link).succeeded();
    assert_eq!(std::fs::read_to_string(&target).unwrap(), LISTS);
    assert!(link.is_symlink());

    let socket = out.path().join("socket");
    let _listening = UnixListener::bind(&socket).unwrap();
    for special in [&*socket, out.path()] {
        let complaint = to(special).failed(1);
        assert!(complaint.contains("is no plain file"), "{complaint}");
        assert!(!special.is_file());
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    assert!(
        linebot(&["import", "none.jsonl"], &[("DATABASE_URL", &url)])
            .failed(2)
            .contains("none.jsonl")
    );
}
