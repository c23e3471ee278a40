//! The whole bot, from the webhook to the reply, on every database there is.

mod conversations;
mod crashes;
mod database_away;
mod hostile;
mod stops;
mod traffic;

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Runs a test on a fresh database of each kind, one after the other.
async fn on_every_database<T: Future<Output = anyhow::Result<()>>>(
    test: impl Fn(e2e::Database) -> T,
) -> anyhow::Result<()> {
    for database in e2e::Database::all().await? {
        let name = database.name;
        test(database)
            .await
            .map_err(|error| error.context(format!("on {name}")))?;
    }
    Ok(())
}

/// One GET on a connection of its own: the head and the body as text.
async fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nhost: bot\r\n\r\n").as_bytes())
        .await?;
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}
