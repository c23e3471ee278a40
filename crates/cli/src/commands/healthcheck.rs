//! `linebot healthcheck`: one request by hand, so that it starts no runtime and takes no time.

use crate::config::Configuration;
use crate::failure::Failure;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// A process that lives answers at once; Docker and Compose give a check 30 s.
const PATIENCE: Duration = Duration::from_secs(3);

const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

pub(crate) fn run(configuration: &Configuration) -> Result<(), Failure> {
    let address = reachable(configuration.settings.server.listen);
    let unhealthy = |why: String| Failure::failed(format!("http://{address}/healthz {why}"));
    match ask(address) {
        Ok(head) if head.starts_with("HTTP/1.1 200 ") => Ok(()),
        Ok(head) => Err(unhealthy(format!(
            "answered {:?}",
            head.lines().next().unwrap_or_default()
        ))),
        Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => Err(
            unhealthy(format!("did not answer within {} s", PATIENCE.as_secs())),
        ),
        Err(error) => Err(unhealthy(format!("cannot be asked: {error}"))),
    }
}

/// "Every address" is a place to listen, not one to call.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    connection.write_all(REQUEST)?;
    let mut head = Vec::new();
    // More than the head is not of interest.
    connection.take(1024).read_to_end(&mut head)?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_asked_on_loopback() {
        assert_eq!(
            reachable("0.0.0.0:5000".parse().unwrap()),
            "127.0.0.1:5000".parse().unwrap()
        );
        assert_eq!(
            reachable("[::]:5000".parse().unwrap()),
            "[::1]:5000".parse().unwrap()
        );
        assert_eq!(
            reachable("10.0.0.7:5000".parse().unwrap()),
            "10.0.0.7:5000".parse().unwrap()
        );
    }
}
