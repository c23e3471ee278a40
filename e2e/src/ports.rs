//! Ports that are given up and bound again.

use anyhow::bail;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that Linux gives to outgoing connections and to whoever binds port 0, which begin at 32,768: of
/// those, one that is given up may be somebody else's when it is to be bound again.
const FIRST: u16 = 20_000;
const COUNT: u32 = 12_000;

/// A process looks first where others that run at the same time do not.
const OF_ONE_PROCESS: u32 = 100;

/// The first of so many neighbouring ports of this machine that nobody uses and that this process was not given before.
pub fn free(count: u16) -> anyhow::Result<u16> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let start = process::id().wrapping_mul(OF_ONE_PROCESS);
    for _ in 0..COUNT {
        let given = GIVEN.fetch_add(count.into(), Ordering::Relaxed);
        let first = FIRST + u16::try_from(start.wrapping_add(given) % COUNT)?;
        let mut ports = first..first + count;
        if ports.all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()) {
            return Ok(first);
        }
    }
    bail!("no free ports")
}

/// An address at [`free`]'s next port.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok((Ipv4Addr::LOCALHOST, free(1)?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice() -> anyhow::Result<()> {
        let [one, four, another] = [free(1)?, free(4)?, free(1)?];
        assert_ne!(one, another);
        assert!(!(four..four + 4).contains(&one));
        assert!(!(four..four + 4).contains(&another));
        Ok(())
    }
}
