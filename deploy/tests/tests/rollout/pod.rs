//! A pod: a process with an address of its own.

use crate::http::is_well;
use crate::plan::Plan;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) struct Pod {
    pub(crate) address: Ipv4Addr,
    pub(crate) node: usize,
    process: Mutex<Child>,
    ready: OnceLock<Instant>,
}

impl Pod {
    pub(crate) fn new(address: Ipv4Addr, node: usize, process: Child) -> Self {
        Self {
            address,
            node,
            process: Mutex::new(process),
            ready: OnceLock::new(),
        }
    }

    /// Waits until every probe has succeeded, as a kubelet does.
    pub(crate) fn wait_until_ready(&self, plan: &Plan) {
        let give_up = Instant::now() + plan.progress_deadline;
        for probe in &plan.probes {
            let address = SocketAddr::from((self.address, probe.port));
            while !is_well(address, &probe.path) {
                let ended = self.process().try_wait().expect("it is ours");
                assert!(
                    ended.is_none() && Instant::now() < give_up,
                    "a pod is not ready; it ended: {ended:?}"
                );
                thread::sleep(probe.period);
            }
        }
        self.ready.get_or_init(Instant::now);
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.ready.get().is_some()
    }

    pub(crate) fn is_available(&self, plan: &Plan) -> bool {
        self.ready
            .get()
            .is_some_and(|ready| ready.elapsed() >= plan.min_ready)
    }

    /// Stops as a kubelet stops a pod, and says how it went.
    pub(crate) fn stop(&self, plan: &Plan) -> Result<(), String> {
        let told = Instant::now();
        thread::sleep(plan.pre_stop);
        self.signal(plan.signal);
        let address = self.address;
        while told.elapsed() < plan.grace {
            if let Some(status) = self.ended() {
                let took = told.elapsed();
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("{address} ended with {status} after {took:?}"))
                };
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.kill();
        Err(format!("{address} was killed after {:?}", plan.grace))
    }

    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        self.process().try_wait().expect("it is ours")
    }

    fn signal(&self, signal: &str) {
        // The standard library sends SIGKILL only.
        let process = self.process().id().to_string();
        let told = Command::new("kill").args(["-s", signal, &process]).status();
        assert!(told.expect("kill runs").success(), "{process} is gone");
    }

    fn kill(&self) {
        let mut process = self.process();
        let _ = process.kill();
        let _ = process.wait();
    }

    fn process(&self) -> MutexGuard<'_, Child> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        if self.ended().is_none() {
            // nginx's master ends its worker, when it is not killed itself.
            self.signal("TERM");
            thread::sleep(Duration::from_millis(200));
            self.kill();
        }
    }
}
