//! A network of its own: nothing outside can be reached from it, and nothing in it from outside.

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A network namespace that is there until this is dropped and every process in it has ended.
pub struct Namespace {
    /// Keeps the namespace, and dies with the thread that started it: a killed test leaves nothing behind.
    keeper: Child,
    file: File,
}

impl Namespace {
    /// An empty network with nothing but loopback.
    ///
    /// # Panics
    ///
    /// When we may not, which is when we are not root.
    pub fn new() -> Self {
        let mut keeper = Command::new("setpriv")
            .args(["--pdeathsig=KILL", "unshare", "--net", "sleep", "infinity"])
            .stdin(Stdio::null())
            .spawn()
            .expect("util-linux is installed");
        let own = fs::read_link("/proc/self/ns/net").expect("Linux has namespaces");
        let path = format!("/proc/{}/ns/net", keeper.id());
        let give_up = Instant::now() + Duration::from_secs(10);
        while fs::read_link(&path).map_or(true, |theirs| theirs == own) {
            let ended = keeper.try_wait().expect("it is ours").is_some();
            assert!(
                !ended && Instant::now() < give_up,
                "only root may make a network: run `sudo --preserve-env=PATH,HOME cargo xtask test -p deploy-tests`"
            );
            thread::sleep(Duration::from_millis(5));
        }
        let file = File::open(&path).expect("the keeper runs");
        let namespace = Self { keeper, file };
        namespace.run(|| ip(&["link", "set", "lo", "up"]));
        namespace
    }

    /// Does `work` in a thread that is in this network, as is everything it starts.
    ///
    /// # Panics
    ///
    /// When `work` does.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let inside = scope.spawn(|| {
                move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network))
                    .expect("root may enter");
                work()
            });
            match inside.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// Gives the network that we are in another address of its own. All of them are on loopback, as this works in every
/// kernel.
///
/// # Panics
///
/// When it cannot.
pub fn add_address(address: std::net::Ipv4Addr) {
    ip(&["address", "add", &format!("{address}/32"), "dev", "lo"]);
}

/// `ip`, in the network that we are in.
///
/// # Panics
///
/// When it fails.
pub fn ip(arguments: &[&str]) {
    let status = Command::new("ip").args(arguments).status();
    assert!(
        status.expect("iproute2 is installed").success(),
        "ip {arguments:?}"
    );
}

/// `iptables-restore`, in the network that we are in. A chain that is named in `rules` is emptied first, all in one step;
/// others stay, as kube-proxy does it.
///
/// # Panics
///
/// When it fails.
pub fn iptables(rules: &str) {
    let mut restore = Command::new("iptables-restore")
        .args(["--noflush", "--wait"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("iptables is installed");
    let mut input = restore.stdin.take().expect("it is piped");
    input.write_all(rules.as_bytes()).expect("it reads");
    drop(input);
    let status = restore.wait().expect("it ends");
    assert!(status.success(), "iptables-restore refuses:\n{rules}");
}
