use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::chat::Chat;
use crate::config::{Config, Group, Person, Redelivery};
use crate::delivery::Delivery;
use crate::endpoint::Endpoint;
use crate::error::{Error, Refusal, StartError};
use crate::fault::Fault;
use crate::id::{ChatId, UserId};
use crate::server::serve;
use crate::shared::Shared;
use crate::world::{ApiCall, Outcome, World};

/// How long [`Simulator::stop`] waits for connections and webhooks under way; a webhook may take its 2 seconds.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// A running simulated LINE Platform. Clones are handles to the same one; it runs until [`Simulator::stop`].
#[derive(Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Simulator {
    /// Starts serving API and chat page on the listener, in tasks of the current tokio runtime.
    pub fn start(listener: TcpListener, config: Config) -> Result<Self, StartError> {
        let address = listener.local_addr()?;
        let shared = Shared::new(config)?;
        shared.tasks.spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { shared, address })
    }

    /// Stops: no new connections or webhooks, what is under way may end. Redeliveries still due are dropped.
    pub async fn stop(&self) {
        self.shared.stopping.cancel();
        self.shared.tasks.close();
        if timeout(STOP_PATIENCE, self.shared.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("the simulator stopped with work still under way");
        }
    }

    /// Where the simulator listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of the API, and the address of the chat page: `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            // Listening everywhere is no address to go to; every machine reaches itself by this one.
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("http://{address}")
    }

    /// Sends webhooks to this URL from now on.
    pub fn set_webhook_url(&self, url: impl Into<String>) {
        let url = url.into();
        self.shared.with_world(|world| world.set_webhook_url(url));
    }

    /// Redelivers like this from now on.
    pub fn set_redelivery(&self, redelivery: Redelivery) {
        self.shared
            .with_world(|world| world.redelivery = redelivery);
    }

    /// The chat of a person with the bot.
    pub fn user(&self, id: &UserId) -> Result<Chat, Error> {
        self.speaking(id.clone().into(), id)
    }

    /// A group, with this person speaking.
    pub fn group(&self, id: &ChatId, speaker: &UserId) -> Result<Chat, Error> {
        self.speaking(id.clone(), speaker)
    }

    fn speaking(&self, chat: ChatId, speaker: &UserId) -> Result<Chat, Error> {
        let exists = self.shared.with_world(|world| world.chat(&chat).is_some());
        if !exists {
            return Err(Refusal::UnknownChat.into());
        }
        Ok(Chat::new(Arc::clone(&self.shared), chat, speaker.clone()))
    }

    /// Brings a person into the world; gives their chat with the bot.
    pub fn add_person(&self, person: Person) -> Result<Chat, Error> {
        let id = person.id.clone();
        self.shared.with_world(|world| world.add_person(person))?;
        self.user(&id)
    }

    /// Brings a group into the world. Its members must exist.
    pub fn add_group(&self, group: Group) -> Result<(), Error> {
        Ok(self.shared.with_world(|world| world.add_group(group))?)
    }

    /// Lets every friend add the bot and every group with the bot invite it, as if just now, so that it greets
    /// them: something to see on a fresh page.
    pub fn introduce_everybody(&self) {
        let introductions = self.shared.with_world(World::forget_introductions);
        for (chat, person, action) in introductions {
            // Only the limit on pending events could be in the way, and the world is fresh.
            let _ = self.shared.act(&chat, &person, action);
        }
    }

    /// The value of `x-line-signature` for a body.
    pub fn sign(&self, body: &[u8]) -> String {
        self.shared.webhook.sign(body)
    }

    /// The body of a webhook with these events, as it would be sent.
    pub fn webhook_body(&self, events: &[Value]) -> Bytes {
        let destination = self.shared.with_world(|world| world.bot().user_id.clone());
        self.shared
            .webhook
            .bytes(&json!({ "destination": destination, "events": events }))
    }

    /// Posts any bytes to the webhook URL, once, outside of all queues, with this signature or none.
    pub async fn post_webhook(&self, body: impl Into<Bytes>, signature: Option<&str>) -> Outcome {
        let url = self
            .shared
            .with_world(|world| world.webhook_url().map(ToOwned::to_owned));
        self.shared
            .webhook
            .post(url.as_deref(), body.into(), signature)
            .await
    }

    /// Posts these events to the webhook URL in one correctly signed request, as LINE does with events of several
    /// people. See [`Chat::compose`].
    pub async fn post_events(&self, events: &[Value]) -> Outcome {
        let body = self.webhook_body(events);
        let signature = self.sign(&body);
        self.post_webhook(body, Some(&signature)).await
    }

    /// The next `count` calls of an endpoint meet a fault, after those planned before.
    pub fn plan_fault(&self, endpoint: Endpoint, count: u64, fault: Fault) {
        self.shared
            .with_world(|world| world.faults.plan(endpoint, count, fault));
    }

    /// The next `count` webhooks are posted twice at the same time, as an unlucky network may do.
    pub fn duplicate_webhooks(&self, count: u64) {
        self.shared
            .with_world(|world| world.faults.duplicate_webhooks(count));
    }

    /// Nothing goes wrong on purpose any more.
    pub fn clear_faults(&self) {
        self.shared.with_world(|world| world.faults.clear());
    }

    /// The API calls on record, oldest first.
    pub fn calls(&self) -> Vec<ApiCall> {
        self.shared
            .with_world(|world| world.calls.recent().cloned().collect())
    }

    /// How many calls an endpoint got since the start, faulty ones included.
    pub fn call_count(&self, endpoint: Endpoint) -> u64 {
        self.shared.with_world(|world| world.calls.count(endpoint))
    }

    /// Waits until an endpoint got this many calls since the start.
    pub async fn wait_for_calls(&self, endpoint: Endpoint, count: u64) -> Result<(), Error> {
        let what = format!("call {count} to {}", endpoint.path());
        self.shared
            .wait_for(&what, |world| {
                (world.calls.count(endpoint) >= count).then_some(())
            })
            .await
    }

    /// The deliveries on record, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        let numbers: Vec<_> = self.shared.with_world(|world| world.deliveries().collect());
        numbers
            .into_iter()
            .map(|number| Delivery::new(Arc::clone(&self.shared), number))
            .collect()
    }

    /// Waits until no webhook is under way or due any more.
    pub async fn wait_until_quiet(&self) -> Result<(), Error> {
        self.shared
            .wait_for("the end of all deliveries", |world| {
                (world.pending() == 0).then_some(())
            })
            .await
    }
}
