//! A Service as kube-proxy makes it out of iptables: an address that leads to one of the pods, chosen by chance for each
//! connection. It learns of a change only after a while.

use deploy_tests::namespace::iptables;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};
use std::time::Duration;

pub(crate) struct Service {
    pub(crate) address: SocketAddrV4,
    chain: String,
    pods_port: u16,
    /// From a pod's going to the last packet of a new connection to it.
    delay: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Counts the changes.
    announced: u64,
    /// The last change that is in the rules.
    applied: u64,
    /// Where connections go now.
    pods: Vec<Ipv4Addr>,
}

/// What every Service needs, once in a network.
pub(crate) fn prepare() {
    // Addresses of Services belong to nobody: without a rule for it, a connection is refused, not sent away.
    deploy_tests::namespace::ip(&["route", "add", "10.96.0.0/16", "dev", "lo"]);
    iptables(
        "*filter\n-A OUTPUT -d 10.96.0.0/16 -p tcp -j REJECT --reject-with tcp-reset\nCOMMIT\n",
    );
}

impl Service {
    /// One without pods.
    pub(crate) fn new(name: &str, address: SocketAddrV4, pods_port: u16, delay: Duration) -> Self {
        let chain = format!("SVC-{name}");
        let (ip, port) = (address.ip(), address.port());
        iptables(&format!(
            "*nat\n:{chain} - [0:0]\n-A OUTPUT -d {ip} -p tcp --dport {port} -j {chain}\nCOMMIT\n"
        ));
        Self {
            address,
            chain,
            pods_port,
            delay,
            state: Mutex::default(),
        }
    }

    /// Connections go to these pods, after the delay.
    pub(crate) fn announce<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        pods: Vec<Ipv4Addr>,
    ) {
        let number = {
            let mut state = self.state();
            state.announced += 1;
            state.announced
        };
        scope.spawn(move || {
            thread::sleep(self.delay);
            let mut state = self.state();
            if number > state.applied {
                self.apply(&pods);
                state.applied = number;
                state.pods = pods;
            }
        });
    }

    /// Connections go to these pods, now.
    pub(crate) fn apply(&self, pods: &[Ipv4Addr]) {
        let chain = &self.chain;
        let mut rules = format!("*nat\n:{chain} - [0:0]\n");
        for (index, pod) in pods.iter().enumerate() {
            let left = pods.len() - index;
            let port = self.pods_port;
            write!(rules, "-A {chain} -p tcp").expect("a text takes everything");
            if left > 1 {
                let share = 1.0 / f64::from(u32::try_from(left).expect("few pods"));
                write!(
                    rules,
                    " -m statistic --mode random --probability {share:.10}"
                )
                .expect("a text takes everything");
            }
            writeln!(rules, " -j DNAT --to-destination {pod}:{port}")
                .expect("a text takes everything");
        }
        iptables(&format!("{rules}COMMIT\n"));
    }

    /// Where connections go now.
    pub(crate) fn pods(&self) -> Vec<Ipv4Addr> {
        self.state().pods.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
