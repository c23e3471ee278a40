//! The suite every store must pass, on both servers.

mod mysql {
    use crate::database::mysql;

    storage::conformance!(
        #[ignore = "needs a MySQL server: cargo xtask test"]
        mysql
    );
    storage::schema_conformance!(
        #[ignore = "needs a MySQL server: cargo xtask test"]
        mysql
    );
}

mod mariadb {
    use crate::database::mariadb;

    storage::conformance!(
        #[ignore = "needs a MariaDB server: cargo xtask test"]
        mariadb
    );
    storage::schema_conformance!(
        #[ignore = "needs a MariaDB server: cargo xtask test"]
        mariadb
    );
}
