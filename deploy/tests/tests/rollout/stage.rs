//! Everything the two tiers stand on: MySQL, LINE, and the files and settings that the manifests give them.

use crate::service::{self, Service};
use deploy_tests::namespace::{self, Namespace};
use deploy_tests::nginx;
use deploy_tests::object::{Object, of, pairs};
use simulator::{Channel, Simulator};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, io, process, thread};
use tempfile::TempDir;

/// The addresses of the Services and of what is outside.
pub(crate) const NGINX: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 96, 0, 10), 80);
pub(crate) const BOT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 96, 0, 20), 5000);
const MYSQL: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 96, 0, 30), 3306);
const MYSQL_POD: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 244, 3, 1), 3306);
const LINE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 1), 80);

const SECRET: &str = "channel-secret";
const ACCESS_TOKEN: &str = "channel-access-token";
const PASSWORD: &str = "password";

pub(crate) struct Stage {
    /// nginx's configuration.
    nginx: Object,
    /// What the bot finds in its environment.
    environment: BTreeMap<String, String>,
    program: PathBuf,
    folder: TempDir,
}

impl Stage {
    /// Sets up `network` for `objects`: an empty database with its tables, reached as a Service, and room for LINE.
    pub(crate) fn new(objects: &[Object], network: &Namespace) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (server, database) = make_database();
        let listener = network.run(|| {
            // The first address is the one that connections come from.
            namespace::add_address(Ipv4Addr::new(10, 244, 0, 1));
            namespace::add_address(*MYSQL_POD.ip());
            namespace::add_address(*LINE.ip());
            service::prepare();
            let mysql = Service::new("mysql-db", MYSQL, MYSQL_POD.port(), Duration::ZERO);
            mysql.apply(&[*MYSQL_POD.ip()]);
            TcpListener::bind(MYSQL_POD).expect("the address is ours")
        });
        pass_on(listener, server);
        let map = of(objects, "ConfigMap").find(|map| map.name().starts_with("nginx-config"));
        let stage = Self {
            nginx: map.expect("nginx has a configuration").clone(),
            environment: environment(objects, &folder, &database),
            program: e2e::process::binary(),
            folder,
        };
        network.run(|| stage.output("migrate"));
        stage
    }

    /// A pod of the bot.
    pub(crate) fn start_bot(&self, address: Ipv4Addr) -> Child {
        let listen = |port| format!("{address}:{port}");
        self.linebot("serve")
            .env("LINEBOT_LISTEN", listen(5000))
            .env("LINEBOT_METRICS_LISTEN", listen(9090))
            .stdout(self.log(address))
            .stderr(self.log(address))
            .spawn()
            .expect("it was built")
    }

    /// A pod of nginx.
    pub(crate) fn start_nginx(&self, address: Ipv4Addr) -> Child {
        let folder = self.folder.path().join(format!("nginx-{address}"));
        fs::create_dir(&folder).expect("a folder");
        nginx::write(&folder, &self.nginx, (address, 8080).into(), &[BOT.into()]);
        nginx::command(&folder)
            .args(["-g", "daemon off;"])
            .stderr(self.log(address))
            .spawn()
            .expect("nginx is installed")
    }

    /// The titles on each list, as the bot exports them.
    pub(crate) fn lists(&self) -> BTreeMap<String, Vec<String>> {
        let lists = self.output("export");
        lists
            .lines()
            .map(|line| {
                let list: serde_json::Value = serde_json::from_str(line).expect("JSON");
                let open = deploy_tests::object::list(&list["open"]).iter();
                let titles = open.map(|task| task["title"].as_str().expect("a title").to_owned());
                let conversation = list["conversation"].as_str().expect("an id");
                (conversation.to_owned(), titles.collect())
            })
            .collect()
    }

    /// What the pods wrote that is not about a request that went well.
    pub(crate) fn complaints(&self) -> String {
        let mut complaints = String::new();
        for entry in fs::read_dir(self.folder.path())
            .expect("it is there")
            .flatten()
        {
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            let bad = text.lines().filter(|line| {
                ["ERROR", "WARN", "[error]", "error:"]
                    .iter()
                    .any(|bad| line.contains(bad))
            });
            for line in bad.take(20) {
                writeln!(complaints, "{}: {line}", entry.file_name().display())
                    .expect("a text takes everything");
            }
        }
        complaints
    }

    fn output(&self, command: &str) -> String {
        let output = self.linebot(command).output().expect("it was built");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "linebot {command}: {errors}");
        String::from_utf8(output.stdout).expect("text")
    }

    fn linebot(&self, command: &str) -> Command {
        let mut linebot = Command::new(&self.program);
        linebot
            .arg(command)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null());
        linebot
    }

    fn log(&self, address: Ipv4Addr) -> File {
        let path = self.folder.path().join(format!("{address}.log"));
        let file = File::options().create(true).append(true).open(path);
        file.expect("a file")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.complaints());
        }
    }
}

/// LINE, until the test ends; in the network that we are in.
pub(crate) fn start_line(people: Vec<simulator::Person>) -> Simulator {
    let config = simulator::Config {
        people,
        groups: Vec::new(),
        ..simulator::Config::new(Channel {
            id: "1234567890".to_owned(),
            secret: SECRET.to_owned().into(),
            access_token: ACCESS_TOKEN.to_owned().into(),
        })
    };
    let (give, take) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(LINE).await;
            let line = Simulator::start(listener.expect("the address is ours"), config);
            give.send(line.expect("a world")).expect("it is waited for");
            std::future::pending::<()>().await;
        });
    });
    take.recv().expect("LINE starts")
}

/// The settings of the manifests, with the addresses and files of this stage.
fn environment(objects: &[Object], folder: &TempDir, database: &str) -> BTreeMap<String, String> {
    let secrets = folder.path().join("secrets");
    for (name, text) in [
        ("linebot/channel-secret", SECRET),
        ("linebot/channel-access-token", ACCESS_TOKEN),
        ("db/password", PASSWORD),
    ] {
        let path = secrets.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let map = of(objects, "ConfigMap").find(|map| map.name().starts_with("app-config"));
    let settings = pairs(map.expect("the bot has settings").get("/data"));
    let secrets = format!("{}/", secrets.display());
    let mut environment: BTreeMap<String, String> = settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.replace("/run/secrets/", &secrets)))
        .collect();
    for (name, value) in [
        ("DB_HOST", MYSQL.ip().to_string()),
        ("DB_USER", database.to_owned()),
        ("DB_DATABASE", database.to_owned()),
        ("LINE_API_BASE_URL", format!("http://{LINE}")),
    ] {
        environment.insert(name.to_owned(), value);
    }
    environment
}

/// A database and a user of that name, and where the server is.
fn make_database() -> (String, String) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = env::var("LINEBOT_TEST_MYSQL_URL") else {
        panic!("LINEBOT_TEST_MYSQL_URL is not set: run `cargo xtask test -p deploy-tests`");
    };
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("rollout_{}_{number}", process::id());
    let options = MySqlConnectOptions::from_str(&url).expect("a URL of MySQL");
    let statements = format!(
        "CREATE DATABASE {name} CHARACTER SET utf8mb4; CREATE USER {name} IDENTIFIED BY '{PASSWORD}'; \
         GRANT ALL ON {name}.* TO {name}"
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut connection = options.connect().await.expect("MySQL answers");
        let made = sqlx::raw_sql(&statements).execute(&mut connection).await;
        made.expect("the user may do everything");
        connection.close().await.expect("it says goodbye");
    });
    (
        format!("{}:{}", options.get_host(), options.get_port()),
        name,
    )
}

/// Every connection that comes to `listener` goes on to `server`, which is in our network and not in the listener's.
fn pass_on(listener: TcpListener, server: String) {
    thread::spawn(move || {
        for inside in listener.incoming().flatten() {
            let outside = TcpStream::connect(&server).expect("MySQL answers");
            for stream in [&inside, &outside] {
                stream.set_nodelay(true).expect("it is a TCP connection");
            }
            let copies = (
                inside.try_clone().expect("a handle"),
                outside.try_clone().expect("a handle"),
            );
            thread::spawn(move || copy(inside, outside));
            thread::spawn(move || copy(copies.1, copies.0));
        }
    });
}

/// Until one side ends, which ends the other.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
