//! Lines that cannot be imported: what is said about them, and what becomes of the others.

use crate::support::sqlite;
use crate::transfer::{LISTS, export, import};
use tempfile::TempDir;

#[test]
fn a_malformed_line_stops_the_import_after_what_came_before_it() {
    let folder = TempDir::new().unwrap();
    for (number, bad) in [r#"{"conversation":"U4""#, "milk", r#"{"conversation":"U4","open":[],"colour":"red"}"#, r#"{"conversation":"U4","next_task_id":0,"open":[{"id":0,"title":"secret plan","message_id":"","added_revision":1,"added_at":1}]}"#]
        .into_iter()
        .enumerate()
    {
        let folder = folder.path().join(number.to_string());
        let url = sqlite(&folder, true);
        let mut lines: Vec<&str> = LISTS.lines().collect();
        lines.insert(2, bad);
        let ended = import(&url, &lines.join("\n"));
        assert_eq!(ended.stdout, "conversations stored: 2\n");
        let complaint = ended.failed(1);
        assert!(complaint.contains("line 3 of -") && complaint.contains("run the same command again"), "{complaint}");
        assert!(!complaint.contains("secret plan") && !complaint.contains("milk"), "what people wrote is not repeated: {complaint}");
        assert_eq!(export(&url), LISTS.lines().take(2).map(|line| line.to_owned() + "\n").collect::<String>());
        // Corrected and run again.
        lines.remove(2);
        import(&url, &lines.join("\n")).succeeded();
        assert_eq!(export(&url), LISTS);
    }
}

#[test]
fn a_line_that_is_not_utf_8_is_refused_as_any_other_and_what_came_before_is_stored() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let (first, rest) = LISTS.split_once('\n').unwrap();
    let lines = [
        first.as_bytes(),
        b"\n{\"conversation\":\"\xff\"}\n",
        rest.as_bytes(),
    ]
    .concat();
    let ended = import(&url, &lines);
    assert_eq!(ended.stdout, "conversations stored: 1\n");
    let complaint = ended.failed(1);
    assert!(
        complaint.contains("line 2 of - cannot be imported: it is not UTF-8")
            && complaint.contains("hint: the lines before it are stored, it and those after it"),
        "{complaint}"
    );
}

#[test]
fn what_is_wrong_with_a_line_is_said_with_its_key_and_without_what_people_wrote() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let task = r#"{"id":0,"title":"secret","message_id":"","added_revision":1,"added_at":1}"#;
    let with = |open: &str| {
        format!(r#"{{"conversation":"U4","revision":1,"next_task_id":1,"open":[{open}]}}"#)
    };
    for (line, problem) in [
        ("secret".to_owned(), "it is not JSON (column 1)"),
        ("\"secret\"".to_owned(), "it is not an object with keys"),
        ("5".to_owned(), "it is not an object with keys"),
        ("null".to_owned(), "it is not an object with keys"),
        (with(task) + "secret", "it is not JSON"),
        (with(task).replace('}', ""), "it is not JSON"),
        (r#"{"conversation":"secret"#.to_owned(), "it is cut short"),
        (
            with(task).replace(r#""U4""#, "5"),
            "the value of `conversation` is not what an export has there",
        ),
        (
            with(task).replace(r#""secret""#, r#"["secret"]"#),
            "the value of `open[0].title` is not",
        ),
        (with("\"secret\""), "the value of `open[0]` is not"),
        (
            with(task).replace(r#""revision":1"#, r#""revision":"secret""#),
            "the value of `revision` is not",
        ),
        (
            with(task).replace(r#""revision":1"#, r#""revision":1e400"#),
            "the value of `revision` is not",
        ),
        (
            with(task).replace(r#""revision":1"#, r#""colour":1"#),
            "an export has no key `colour`",
        ),
        (
            with(&task.replace(r#""message_id":"","#, "")),
            "`open[0]` lacks the key `message_id`",
        ),
        (
            r#"{"conversation":"U4"}"#.to_owned(),
            "it lacks the key `open`",
        ),
        (
            with(task).replace(r#""revision":1"#, r#""conversation":"secret""#),
            "the key `conversation` is there twice",
        ),
    ] {
        let complaint = import(&url, &line).failed(1);
        assert!(complaint.contains(problem), "{line}: {complaint}");
        assert!(!complaint.contains("secret"), "{complaint}");
    }
    assert_eq!(export(&url), "");
}

/// A line of an export with these open titles.
pub(crate) fn line(conversation: &str, titles: &[&str]) -> String {
    let open: Vec<_> = (0..)
        .zip(titles)
        .map(|(id, title)| serde_json::json!({"id": id, "title": title, "message_id": "", "added_revision": 1, "added_at": 1}))
        .collect();
    let next_task_id = titles.len();
    serde_json::json!({"conversation": conversation, "revision": 1, "next_task_id": next_task_id, "open": open})
        .to_string()
}

#[test]
fn what_no_chat_could_lead_to_stops_the_import_with_the_line_the_conversation_and_the_limit() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let long = "x".repeat(100_000);
    for (conversation, titles, problem) in [
        (
            "U4",
            vec!["milk", &long],
            "conversation U4: the title of task 1 cannot be one: it has 100000 characters, and 500 are allowed",
        ),
        (
            "U4",
            vec!["milk"; 3_000],
            "conversation U4: 3000 open tasks, and 1000 are allowed",
        ),
        (
            "U4",
            vec![""],
            "conversation U4: the title of task 0 cannot be one: nothing of it can be seen",
        ),
        ("U4", vec!["\u{200b}\u{3164} "], "nothing of it can be seen"),
        ("U4", vec!["secret\nplan"], "it has a line break"),
        ("", vec!["milk"], "the conversation id is empty"),
        (&"U".repeat(65), vec![], "has 65 bytes, and 64 are allowed"),
    ] {
        let lines = [
            &*line("U1", &["eggs"]),
            &line(conversation, &titles),
            &line("U5", &["tea"]),
        ];
        let complaint = import(&url, &lines.join("\n")).failed(1);
        assert!(
            complaint.contains("line 2 of - cannot be imported: ")
                && complaint.contains(problem)
                && complaint.contains(
                    "hint: the lines before it are stored, it and those after it are not"
                ),
            "{complaint}"
        );
        assert!(!complaint.contains("secret"), "{complaint}");
        let stored = export(&url);
        assert!(
            stored.lines().count() == 1 && stored.contains("U1"),
            "{stored}"
        );
    }
}

#[test]
fn a_line_without_its_revision_stops_the_import_and_says_what_does_not_fit() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let line = line("U4", &["secret plan"]).replace(r#","revision":1"#, "");
    let complaint = import(&url, &line).failed(1);
    let problem = "conversation U4: added_revision 1 of task 0 is above revision 0";
    assert!(complaint.contains(problem), "{complaint}");
    assert!(!complaint.contains("secret"), "{complaint}");
}
