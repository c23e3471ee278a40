//! What only real servers can show. `cargo xtask test` starts them and runs these; plain `cargo test` lists them as
//! ignored.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod access;
mod conformance;
mod database;
mod locks;
mod outage;
mod own_server;
mod races;
mod statements;

/// One test for each of the two servers.
macro_rules! on_both_servers {
    ($($test:ident)*) => {
        mod mysql {
            $(
                #[tokio::test]
                #[ignore = "needs a MySQL server: cargo xtask test"]
                async fn $test() {
                    super::$test(&crate::database::mysql().await).await;
                }
            )*
        }

        mod mariadb {
            $(
                #[tokio::test]
                #[ignore = "needs a MariaDB server: cargo xtask test"]
                async fn $test() {
                    super::$test(&crate::database::mariadb().await).await;
                }
            )*
        }
    };
}
use on_both_servers;
