//! Which addresses no feed may reach. A feed's address is a request that this host makes for somebody else; so it must
//! not lead to the host itself, to its neighbours, or to the cloud's metadata, whatever a name resolves to.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address that is not connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {what} and is not connected to")]
pub struct Refused {
    /// Which address.
    pub address: IpAddr,
    /// What it is.
    pub what: &'static str,
}

/// Never connected to, whatever is allowed.
const NEVER_V4: &[(&str, &str)] = &[
    ("0.0.0.0/8", "an unspecified address"),
    // AWS, Azure, Google and Oracle keep their metadata and credentials here.
    ("169.254.0.0/16", "a link-local or metadata address"),
    // The metadata of Alibaba, of Azure's hosts, and of Oracle.
    ("100.100.100.200/32", "a metadata address"),
    ("168.63.129.16/32", "a metadata address"),
    ("192.0.0.192/32", "a metadata address"),
    ("224.0.0.0/4", "a multicast address"),
    ("255.255.255.255/32", "the broadcast address"),
];

/// The same for IPv6. What embeds an IPv4 address would be a way round the rules for that one.
const NEVER_V6: &[(&str, &str)] = &[
    ("::/128", "an unspecified address"),
    ("::ffff:0:0/96", "an IPv4 address in disguise"),
    ("::ffff:0:0:0/96", "an IPv4 address in disguise"),
    ("64:ff9b::/96", "an IPv4 address in disguise"),
    ("64:ff9b:1::/48", "an IPv4 address in disguise"),
    ("2001::/32", "an IPv4 address in disguise"),
    ("2002::/16", "an IPv4 address in disguise"),
    ("fd00:ec2::/32", "a metadata address"),
    ("fd20:ce::254/128", "a metadata address"),
    ("fe80::/10", "a link-local address"),
    ("ff00::/8", "a multicast address"),
];

/// Connected to only where a network is allowed by name: the IANA registry of special-purpose addresses
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry/>).
const PRIVATE_V4: &[(&str, &str)] = &[
    ("10.0.0.0/8", "a private address"),
    ("100.64.0.0/10", "an address of a carrier's own network"),
    ("127.0.0.0/8", "a loopback address"),
    ("172.16.0.0/12", "a private address"),
    ("192.0.0.0/24", "a special-purpose address"),
    ("192.0.2.0/24", "a documentation address"),
    ("192.88.99.0/24", "a special-purpose address"),
    ("192.168.0.0/16", "a private address"),
    ("198.18.0.0/15", "a benchmarking address"),
    ("198.51.100.0/24", "a documentation address"),
    ("203.0.113.0/24", "a documentation address"),
    ("240.0.0.0/4", "a reserved address"),
];

/// The same for IPv6, beside everything outside of `2000::/3`, which alone is public.
const PRIVATE_V6: &[(&str, &str)] = &[
    ("::1/128", "a loopback address"),
    ("fc00::/7", "a private address"),
    ("2001::/23", "a special-purpose address"),
    ("2001:db8::/32", "a documentation address"),
    ("3fff::/20", "a documentation address"),
];

/// Whether `address` may be connected to, where the networks in `allowed` may be although they are private.
///
/// # Errors
/// [`Refused`], with what kind of address it is.
pub(super) fn check(address: IpAddr, allowed: &[IpNet]) -> Result<(), Refused> {
    let refused = |what| Err(Refused { address, what });
    if let Some(what) = named(address, NEVER_V4, NEVER_V6) {
        return refused(what);
    }
    if allowed.iter().any(|network| network.contains(&address)) {
        return Ok(());
    }
    match (named(address, PRIVATE_V4, PRIVATE_V6), address) {
        (Some(what), _) => refused(what),
        (None, IpAddr::V6(v6)) if v6.segments()[0] & 0xe000 != 0x2000 => {
            refused("no public address")
        }
        (None, IpAddr::V4(_) | IpAddr::V6(_)) => Ok(()),
    }
}

fn named(
    address: IpAddr,
    v4: &[(&'static str, &'static str)],
    v6: &[(&'static str, &'static str)],
) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => first(v4, |network: Ipv4Net| network.contains(&address)),
        // The last 96 bits zero but for an IPv4 address: `::127.0.0.1`, long out of use.
        IpAddr::V6(address) if is_compatible(address) => Some("an IPv4 address in disguise"),
        IpAddr::V6(address) => first(v6, |network: Ipv6Net| network.contains(&address)),
    }
}

fn first<N: std::str::FromStr>(
    networks: &[(&'static str, &'static str)],
    contains: impl Fn(N) -> bool,
) -> Option<&'static str> {
    let holds = |text: &str| text.parse().is_ok_and(&contains);
    networks.iter().find(|(network, _)| holds(network)).map(|(_, what)| *what)
}

fn is_compatible(address: Ipv6Addr) -> bool {
    let small = [Ipv6Addr::UNSPECIFIED, Ipv6Addr::LOCALHOST].contains(&address);
    !small && address.segments()[..6] == [0; 6]
}

/// Whether a network is narrow enough to have been meant: nobody's registry is half the Internet.
pub fn is_narrow(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => 8 <= network.prefix_len() && network.addr() != Ipv4Addr::UNSPECIFIED,
        IpNet::V6(network) => 16 <= network.prefix_len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(address: &str, allowed: &[&str]) -> Option<&'static str> {
        let allowed: Vec<_> = allowed.iter().map(|network| network.parse().unwrap()).collect();
        check(address.parse().unwrap(), &allowed).err().map(|refused| refused.what)
    }

    #[test]
    fn every_network_of_the_tables_can_be_read() {
        for (network, _) in NEVER_V4.iter().chain(PRIVATE_V4) {
            assert!(network.parse::<Ipv4Net>().is_ok_and(|net| net.trunc() == net), "{network}");
        }
        for (network, _) in NEVER_V6.iter().chain(PRIVATE_V6) {
            assert!(network.parse::<Ipv6Net>().is_ok_and(|net| net.trunc() == net), "{network}");
        }
    }

    #[test]
    fn public_addresses_are_reached() {
        for address in ["8.8.8.8", "128.232.132.8", "172.32.0.1", "2606:2800:220:1::1", "2a00::1"] {
            assert_eq!(refusal(address, &[]), None, "{address}");
        }
    }

    #[test]
    fn private_addresses_are_reached_only_where_their_network_is_named() {
        for (address, network) in [
            ("10.20.3.4", "10.20.0.0/16"),
            ("127.0.0.1", "127.0.0.0/8"),
            ("172.31.255.255", "172.16.0.0/12"),
            ("192.168.1.1", "192.168.1.0/24"),
            ("100.64.0.1", "100.64.0.0/10"),
            ("198.19.0.1", "198.18.0.0/15"),
            ("192.0.2.1", "192.0.2.0/24"),
            ("240.0.0.1", "240.0.0.0/4"),
            ("::1", "::1/128"),
            ("fd12:3456::1", "fd12:3456::/32"),
            ("2001:db8::1", "2001:db8::/32"),
            ("3fff::1", "3fff::/20"),
            ("4000::1", "4000::/16"),
        ] {
            assert!(refusal(address, &[]).is_some(), "{address}");
            assert!(refusal(address, &["10.99.0.0/16", "fd99::/32"]).is_some(), "{address}");
            assert_eq!(refusal(address, &[network]), None, "{address}");
        }
    }

    #[test]
    fn metadata_and_disguised_addresses_are_reached_never() {
        let everything = ["0.0.0.0/0", "::/0"];
        for address in [
            "0.0.0.0",
            "169.254.169.254",
            "169.254.170.2",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:0:10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::7f00:1",
            "2002:7f00:1::1",
            "2001:0:1:2::3",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fe80::1",
            "febf::1",
            "ff02::1",
        ] {
            assert!(refusal(address, &everything).is_some(), "{address}");
        }
    }

    #[test]
    fn half_the_internet_is_no_network_of_a_campus() {
        for (network, narrow) in [
            ("0.0.0.0/0", false),
            ("0.0.0.0/8", false),
            ("10.0.0.0/7", false),
            ("10.0.0.0/8", true),
            ("fc00::/7", false),
            ("fd12::/16", true),
        ] {
            assert_eq!(is_narrow(&network.parse().unwrap()), narrow, "{network}");
        }
    }
}
