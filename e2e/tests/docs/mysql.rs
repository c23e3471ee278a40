//! What the README says about MySQL, done word by word on every server there is.

use crate::commands::{COMMANDS, Check};
use crate::pages::page;
use crate::world::Shell;
use e2e::Database;
use sqlx::{Connection, Executor, MySqlConnection};
use std::collections::BTreeMap;

/// The table of the Flask bot, with one open task in it.
const ITEM_TABLE: &str = "CREATE TABLE itemTable (user_id VARCHAR(50), item VARCHAR(100), todo_flg INT); \
     INSERT INTO itemTable VALUES ('U00000000000000000000000000000001', 'from the tutorial', 1)";

#[tokio::test]
async fn a_database_made_as_the_readme_says_serves_and_takes_lists_over() -> anyhow::Result<()> {
    for server in Database::all().await? {
        // SQLite needs none of this.
        let Some(address) = server.url.strip_prefix("mysql://") else {
            continue;
        };
        let (address, ours) = address.rsplit_once('/').expect("a database in the URL");
        let address = address.rsplit('@').next().expect("an address in the URL");
        // Databases and users are named like the one made for this test, so that runs do not meet.
        let name = format!("{ours}_docs");
        let here = |text: &str| {
            text.replace("user:password", &format!("{name}_owner:password"))
                .replace("127.0.0.1:3306", address)
                .replace("linebot ", "PROGRAM ")
                .replace("linebot", &name)
                .replace("PROGRAM ", "linebot ")
        };
        let mut connection = MySqlConnection::connect(&server.url).await?;
        let blocks = page("README.md").blocks();
        for block in blocks.iter().filter(|block| block.language == "sql") {
            let sql = block.text.replace("linebot", &name);
            connection.execute(&*sql).await?;
        }
        let table = format!("USE {name}; {ITEM_TABLE}");
        connection.execute(&*table).await?;

        let shell = Shell::new()?;
        let url = here("mysql://linebot:password@127.0.0.1:3306/linebot");
        let environment = BTreeMap::from([("DATABASE_URL".to_owned(), url)]);
        for (line, _) in COMMANDS
            .iter()
            .filter(|(_, check)| *check == Check::OnMysql)
        {
            shell.succeed(&here(line), &environment).await?;
        }
        let lists = shell.succeed("linebot export", &environment).await?;
        assert!(
            lists.contains("from the tutorial"),
            "{}: {lists}",
            server.name
        );

        let clean =
            format!("DROP DATABASE {name}; DROP USER '{name}'@'%'; DROP USER '{name}_owner'@'%'");
        connection.execute(&*clean).await?;
    }
    Ok(())
}
