//! Connecting from everybody to everybody.

use crate::actors::Actor;
use deploy_tests::namespace::{add_address, iptables};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};

/// Every port that somebody listens on, and one that nobody has a use for.
const TCP: [u16; 14] = [
    53, 80, 443, 988, 3306, 3307, 4444, 5000, 8080, 8443, 9090, 9801, 15012, 15017,
];
const DNS: u16 = 53;

/// Everything refused is refused at once; what is not, on a busy machine, comes late.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connections that can be made under `rules`, as `from -> to:port`, in the network that we are in. Only those with one
/// of our pods at an end: the others are none of our business.
pub(crate) fn open_edges(actors: &[Actor], rules: &str) -> BTreeSet<String> {
    for actor in actors {
        add_address(actor.address);
        echo(actor.address);
    }
    iptables(rules);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut open = BTreeSet::new();
    runtime.block_on(async {
        for port in TCP {
            let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
            let listener = TcpListener::bind(everywhere)
                .await
                .expect("the port is free");
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    drop(stream);
                }
            });
        }
        for (from, to) in edges(actors) {
            for port in TCP {
                if connects(from.address, (to.address, port).into()).await {
                    open.insert(format!("{} -> {}:{port}", from.name, to.name));
                }
            }
        }
    });
    for (from, to) in edges(actors) {
        if answers(from.address, (to.address, DNS).into()) {
            open.insert(format!("{} -> {}:{DNS} UDP", from.name, to.name));
        }
    }
    open
}

fn edges(actors: &[Actor]) -> impl Iterator<Item = (&Actor, &Actor)> {
    let all = actors
        .iter()
        .flat_map(move |from| actors.iter().map(move |to| (from, to)));
    all.filter(|(from, to)| from.address != to.address && (from.is_ours() || to.is_ours()))
}

async fn connects(from: Ipv4Addr, to: SocketAddr) -> bool {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((from, 0).into()).expect("the address is there");
    let connected = tokio::time::timeout(PATIENCE, socket.connect(to)).await;
    connected.expect("an answer, whatever it is").is_ok()
}

/// Whether a datagram comes back.
fn answers(from: Ipv4Addr, to: SocketAddr) -> bool {
    let socket = UdpSocket::bind((from, 0)).expect("the address is there");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time");
    // Both fail when a refusal has come back.
    let sent = socket.connect(to).and_then(|()| socket.send(b"?"));
    match sent.and_then(|_| socket.recv(&mut [0; 1])) {
        Ok(_) => true,
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            panic!("neither an answer nor a refusal from {to}")
        }
        Err(_) => false,
    }
}

/// Sends back every datagram that comes to the DNS port of an address.
fn echo(address: Ipv4Addr) {
    let socket = UdpSocket::bind((address, DNS)).expect("the port is free");
    thread::spawn(move || {
        let mut byte = [0; 1];
        while let Ok((_, from)) = socket.recv_from(&mut byte) {
            let _ = socket.send_to(&byte, from);
        }
    });
}
