//! Taking over the table of the Flask bot, from a real MySQL.

use crate::mysql::MysqlDatabase;
use crate::support::{linebot, sqlite};
use storage::ConversationRecord;
use tempfile::TempDir;

const MISAKI: &str = "U11111111111111111111111111111111";
const ALEX: &str = "U22222222222222222222222222222222";

/// The table as its tutorial makes it, and as its repository once did.
const KEYED: &str = "CREATE TABLE itemTable (user_id varchar(50), item varchar(50), todo_flg int, PRIMARY KEY (user_id, item)) ENGINE = InnoDB DEFAULT CHARSET = utf8";
const NUMBERED: &str = "CREATE TABLE itemTable (main_key int AUTO_INCREMENT NOT NULL, user_id varchar(50), item varchar(2000), todo_flg int, PRIMARY KEY (main_key)) ENGINE = InnoDB DEFAULT CHARSET = utf8";

/// A database with the Flask bot's table.
struct Seed(MysqlDatabase);

impl Seed {
    /// `None` where there is no server.
    async fn new(table: &str) -> Option<Self> {
        let mut database = MysqlDatabase::new().await?;
        database.run(table).await;
        Some(Self(database))
    }

    async fn insert(&mut self, user: Option<&str>, item: &str, open: Option<i32>) {
        let row = sqlx::query("INSERT INTO itemTable (user_id, item, todo_flg) VALUES (?, ?, ?)")
            .bind(user)
            .bind(item)
            .bind(open);
        row.execute(&mut self.0.connection).await.unwrap();
    }
}

fn exported(url: &str) -> Vec<ConversationRecord> {
    let lines = linebot(&["export"], &[("DATABASE_URL", url)]).succeeded();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn open_titles(record: &ConversationRecord) -> Vec<&str> {
    record.open.iter().map(|task| task.title.as_str()).collect()
}

#[tokio::test]
async fn the_table_of_the_tutorial_is_taken_over_once() {
    let Some(mut seed) = Seed::new(KEYED).await else {
        return;
    };
    for (user, item, open) in [
        (MISAKI, "牛乳", 1),
        (MISAKI, "卵", 0),
        (ALEX, "tea", 1),
        (ALEX, "bread", 1),
    ] {
        seed.insert(Some(user), item, Some(open)).await;
    }
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let import = || {
        linebot(
            &["import", "--from-seed", &seed.0.url],
            &[("DATABASE_URL", &url)],
        )
        .succeeded()
    };
    assert_eq!(import(), "conversations stored: 2\n");
    let lists = exported(&url);
    assert_eq!(
        (lists[0].conversation.as_str(), open_titles(&lists[0])),
        (MISAKI, vec!["牛乳"])
    );
    assert_eq!(lists[0].closed[0].task.title, "卵");
    assert_eq!(
        (lists[1].conversation.as_str(), open_titles(&lists[1])),
        (ALEX, vec!["bread", "tea"]),
        "in the order that bot showed them"
    );

    assert!(import().starts_with(
        "conversations stored: 0\nconversations left as they were, being there already: 2\n"
    ));
    assert_eq!(exported(&url), lists);
    seed.0.remove().await;
}

#[tokio::test]
async fn what_no_list_can_hold_is_reported_and_nothing_is_cut() {
    let Some(mut seed) = Seed::new(NUMBERED).await else {
        return;
    };
    for (item, open) in [
        ("zebra", Some(1)),
        ("Apple", Some(1)),
        ("ＡＰＰＬＥ ", Some(1)),
        ("flagged", None),
        ("flagged too", Some(2)),
        ("done", Some(0)),
        ("clear", Some(1)),
        ("　", Some(1)),
        (&"x".repeat(501), Some(1)),
    ] {
        seed.insert(Some(MISAKI), item, open).await;
    }
    seed.insert(None, "nobody's", Some(1)).await;
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let report = linebot(
        &["import", "--from-seed", &seed.0.url],
        &[("DATABASE_URL", &url)],
    )
    .succeeded();
    for line in [
        "conversations stored: 1",
        &format!("{MISAKI}: same as another title, merged into one task: 1"),
        &format!("{MISAKI}: todo_flg is neither 1 nor 0, taken as not done: 2"),
        &format!("{MISAKI}: blank, left out: 1"),
        &format!("{MISAKI}: longer than 500 characters, left out: 1"),
        &format!("{MISAKI}: called like a command word, only `clear` removes it: 1"),
        "rows without a usable user_id, left out: 1",
    ] {
        assert!(
            report.lines().any(|reported| reported == line),
            "{line}\n{report}"
        );
    }
    assert!(
        !report.contains("zebra"),
        "what people wrote is not repeated: {report}"
    );
    assert_eq!(
        open_titles(&exported(&url)[0]),
        ["zebra", "Apple", "flagged", "flagged too", "clear"],
        "in the order they were typed"
    );
    seed.0.remove().await;
}

#[test]
fn a_url_that_is_not_mysql_is_refused() {
    let folder = TempDir::new().unwrap();
    let url = sqlite(folder.path(), true);
    let complaint = linebot(
        &["import", "--from-seed", "sqlite:///seed.db"],
        &[("DATABASE_URL", &url)],
    )
    .failed(2);
    assert!(
        complaint.contains("--from-seed is not a MySQL URL"),
        "{complaint}"
    );
}
