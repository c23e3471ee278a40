//! People who write to the bot.

use crate::http::Connection;
use crate::service::Service;
use simulator::{Action, Chat, Simulator};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{Error, ErrorKind, Result};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Half of them come by the Service's address with a connection for each request, as over a node's port; the other half
/// by a load balancer that knows the pods and keeps its connections to them.
const SENDERS: usize = 8;

/// 200 messages a second in all.
const PAUSE: Duration = Duration::from_millis(40);

/// Where nginx listens.
const PORT_OF_A_POD: u16 = 8080;

/// One message, and what became of it.
#[derive(Debug)]
pub(crate) struct Sent {
    /// The conversation.
    pub(crate) person: String,
    /// Its text, which nobody else writes.
    pub(crate) title: String,
    /// The status, or why there is none.
    pub(crate) outcome: std::result::Result<u16, String>,
    pub(crate) took: Duration,
}

impl Sent {
    pub(crate) fn is_delivered(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|status| *status / 100 == 2)
    }
}

/// They write until they are stopped, or this is dropped.
pub(crate) struct People<'scope> {
    senders: Vec<ScopedJoinHandle<'scope, Vec<Sent>>>,
    stop: Arc<AtomicBool>,
}

impl<'scope> People<'scope> {
    pub(crate) fn start(
        scope: &'scope Scope<'scope, '_>,
        line: &'scope Simulator,
        chats: &'scope [Chat],
        nginx: &'scope Service,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicUsize::new(0));
        let senders = (0..SENDERS).map(|number| {
            let mut way = if number % 2 == 0 {
                Way::Service
            } else {
                Way::LoadBalancer(BTreeMap::new(), 0)
            };
            let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
            scope.spawn(move || {
                let mut sent = Vec::new();
                let mut next = Instant::now();
                while !stop.load(Ordering::SeqCst) {
                    let number = count.fetch_add(1, Ordering::SeqCst);
                    let chat = &chats[number % chats.len()];
                    sent.push(way.send(line, chat, &format!("task {number}"), nginx));
                    // What took too long is not made up for.
                    next = Instant::now().max(next + PAUSE);
                    thread::sleep(next.saturating_duration_since(Instant::now()));
                }
                sent
            })
        });
        Self {
            senders: senders.collect(),
            stop,
        }
    }

    /// Every message, once the last answer is there.
    pub(crate) fn stop(mut self) -> Vec<Sent> {
        self.stop.store(true, Ordering::SeqCst);
        let senders = std::mem::take(&mut self.senders);
        let sent = senders
            .into_iter()
            .map(|sender| sender.join().expect("it sends"));
        sent.flatten().collect()
    }
}

impl Drop for People<'_> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

/// How requests get to nginx.
enum Way {
    Service,
    /// Its connections, and how often it has chosen.
    LoadBalancer(BTreeMap<Ipv4Addr, Connection>, usize),
}

impl Way {
    fn send(&mut self, line: &Simulator, person: &Chat, title: &str, nginx: &Service) -> Sent {
        let text = Action::Text {
            text: title.to_owned(),
            mentions: Vec::new(),
        };
        let event = person.compose(text).expect("a friend may write");
        let body = line.webhook_body(&[event]);
        let signature = line.sign(&body);
        let started = Instant::now();
        let outcome = self.post(&body, &signature, nginx);
        Sent {
            person: person.id().to_string(),
            title: title.to_owned(),
            outcome: outcome.map_err(|error| error.to_string()),
            took: started.elapsed(),
        }
    }

    fn post(&mut self, body: &[u8], signature: &str, nginx: &Service) -> Result<u16> {
        let signed = format!("X-Line-Signature: {signature}\r\n");
        match self {
            Self::Service => {
                let signed = format!("{signed}Connection: close\r\n");
                Connection::open(nginx.address.into())?.send("POST /callback", &signed, body)
            }
            Self::LoadBalancer(connections, turn) => {
                let pods = nginx.pods();
                connections.retain(|pod, connection| connection.is_open && pods.contains(pod));
                *turn += 1;
                let pod = pods.get(*turn % pods.len().max(1));
                let pod = *pod.ok_or_else(|| Error::new(ErrorKind::NotConnected, "no pods"))?;
                let connection = match connections.entry(pod) {
                    Entry::Occupied(kept) => kept.into_mut(),
                    Entry::Vacant(none) => {
                        none.insert(Connection::open((pod, PORT_OF_A_POD).into())?)
                    }
                };
                connection.send("POST /callback", &signed, body)
            }
        }
    }
}
