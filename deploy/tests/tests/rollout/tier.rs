//! A Deployment behind a Service: what the controllers and the kubelet do when it is rolled or its node is drained.

use crate::plan::Plan;
use crate::pod::Pod;
use crate::service::Service;
use deploy_tests::namespace;
use std::net::Ipv4Addr;
use std::process::Child;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

pub(crate) struct Tier<'a> {
    plan: &'a Plan,
    pub(crate) service: Service,
    /// The third number of its pods' addresses.
    subnet: u8,
    start: Box<dyn Fn(Ipv4Addr) -> Child + Sync + 'a>,
    started: AtomicU8,
    /// Those that were not told to stop.
    pods: Mutex<Vec<Arc<Pod>>>,
    stopping: AtomicUsize,
    /// Pods that did not stop as they should.
    unclean: Mutex<Vec<String>>,
}

impl<'a> Tier<'a> {
    /// One without pods.
    pub(crate) fn new(
        plan: &'a Plan,
        service: Service,
        subnet: u8,
        start: impl Fn(Ipv4Addr) -> Child + Sync + 'a,
    ) -> Self {
        Self {
            plan,
            service,
            subnet,
            start: Box::new(start),
            started: AtomicU8::new(0),
            pods: Mutex::default(),
            stopping: AtomicUsize::new(0),
            unclean: Mutex::default(),
        }
    }

    /// The first pods, which nobody needs yet.
    pub(crate) fn start_all<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let pods: Vec<_> = (0..self.plan.replicas)
            .map(|_| self.create(scope))
            .collect();
        self.wait(|| {
            pods.iter()
                .all(|pod| self.service.pods().contains(&pod.address))
        });
    }

    /// A new release: the Deployment's strategy.
    pub(crate) fn roll<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let Plan {
            replicas,
            surge,
            unavailable,
            ..
        } = *self.plan;
        let mut old = self.pods().clone();
        let mut new: Vec<Arc<Pod>> = Vec::new();
        let available = |pods: &[Arc<Pod>]| {
            pods.iter()
                .filter(|pod| pod.is_available(self.plan))
                .count()
        };
        self.wait(|| {
            while new.len() < replicas && old.len() + new.len() < replicas + surge {
                new.push(self.create(scope));
            }
            while !old.is_empty() && available(&old) + available(&new) > replicas - unavailable {
                self.delete(scope, &old.remove(0));
            }
            old.is_empty() && available(&new) == replicas
        });
    }

    /// The node goes: its pods are evicted as far as the disruption budget of one pod allows, and made again elsewhere.
    pub(crate) fn drain<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, node: usize) {
        let all_available = || self.pods().iter().all(|pod| pod.is_available(self.plan));
        loop {
            self.wait(all_available);
            let Some(pod) = self.pods().iter().find(|pod| pod.node == node).cloned() else {
                return;
            };
            self.delete(scope, &pod);
            self.create_on(scope, node + 1);
        }
    }

    /// Waits until no pod is stopping any more.
    pub(crate) fn settle(&self) {
        self.wait(|| self.stopping.load(Ordering::SeqCst) == 0);
    }

    /// What went wrong while pods stopped.
    pub(crate) fn unclean(&self) -> Vec<String> {
        self.unclean
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn create<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) -> Arc<Pod> {
        let on = |node| self.pods().iter().filter(|pod| pod.node == node).count();
        let (first, second) = (on(0), on(1));
        self.create_on(scope, usize::from(first > second))
    }

    fn create_on<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, node: usize) -> Arc<Pod> {
        let number = self.started.fetch_add(1, Ordering::SeqCst) + 1;
        let address = Ipv4Addr::new(10, 244, self.subnet, number);
        namespace::add_address(address);
        let pod = Arc::new(Pod::new(address, node, (self.start)(address)));
        self.pods().push(Arc::clone(&pod));
        let own = Arc::clone(&pod);
        scope.spawn(move || {
            own.wait_until_ready(self.plan);
            self.publish(scope);
        });
        pod
    }

    /// Takes the pod out of the Service and stops it, both at once and neither waiting for the other.
    fn delete<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, pod: &Arc<Pod>) {
        self.pods().retain(|one| !Arc::ptr_eq(one, pod));
        self.publish(scope);
        let pod = Arc::clone(pod);
        self.stopping.fetch_add(1, Ordering::SeqCst);
        scope.spawn(move || {
            if let Err(problem) = pod.stop(self.plan) {
                self.unclean
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(problem);
            }
            self.stopping.fetch_sub(1, Ordering::SeqCst);
        });
    }

    fn publish<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let pods = self.pods();
        let ready = pods.iter().filter(|pod| pod.is_ready());
        self.service
            .announce(scope, ready.map(|pod| pod.address).collect());
    }

    /// Looks until it is so.
    fn wait(&self, mut is_so: impl FnMut() -> bool) {
        let give_up = Instant::now() + self.plan.progress_deadline;
        while !is_so() {
            assert!(Instant::now() < give_up, "the rollout makes no progress");
            for pod in self.pods().iter() {
                let ended = pod.ended();
                assert!(
                    ended.is_none(),
                    "{} ended by itself: {ended:?}",
                    pod.address
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn pods(&self) -> MutexGuard<'_, Vec<Arc<Pod>>> {
        self.pods.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
