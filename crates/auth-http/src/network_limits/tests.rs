//! These tests run in tokio's time, which stands still until they move it.

use std::net::Ipv6Addr;

use tokio::time::advance;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn quota(rate: u32, burst: u32) -> NetworkQuota {
    NetworkQuota { rate: NonZeroU32::new(rate).unwrap(), burst: NonZeroU32::new(burst).unwrap() }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

const fn direct(address: IpAddr) -> Limited {
    Limited { address, exempt_on_loopback: true }
}

/// Returns how many of `tries` are admitted.
fn passed(limits: &NetworkLimits, client: &str, cost: Cost, tries: usize) -> usize {
    (0..tries).filter(|_| limits.take(&direct(address(client)), cost).is_ok()).count()
}

#[tokio::test(start_paused = true)]
async fn a_network_has_its_burst_and_then_its_rate() {
    let limits = NetworkLimits::new(quota(20, 200), false);
    assert_eq!(passed(&limits, "192.0.2.1", Cost::Work, 1_000), 200);
    assert_eq!(limits.take(&direct(address("192.0.2.99")), Cost::Work), Err(SECOND / 20), "the same /24");
    assert_eq!(passed(&limits, "::ffff:192.0.2.7", Cost::Work, 1), 0, "the same, told as IPv6");
    assert_eq!(passed(&limits, "192.0.3.1", Cost::Work, 1_000), 200, "the next /24");
    assert_eq!(passed(&limits, "192.0.2.1", Cost::Nothing, 1_000), 1_000);
    for _ in 0..3 {
        advance(SECOND).await;
        assert_eq!(passed(&limits, "192.0.2.1", Cost::Work, 1_000), 20);
    }
    advance(60 * SECOND).await;
    assert_eq!(passed(&limits, "192.0.2.1", Cost::Work, 1_000), 200, "no more than the burst is saved");
}

#[tokio::test(start_paused = true)]
async fn mails_have_a_budget_of_their_own_and_count_as_work_too() {
    let limits = NetworkLimits::new(quota(20, 200), false);
    assert_eq!(passed(&limits, "192.0.2.1", Cost::Mail, 100), 60);
    assert_eq!(limits.take(&direct(address("192.0.2.1")), Cost::Mail), Err(SECOND));
    assert_eq!(passed(&limits, "192.0.2.1", Cost::Work, 1_000), 99);
    advance(10 * SECOND).await;
    assert_eq!(passed(&limits, "192.0.2.1", Cost::Mail, 100), 10);
}

#[tokio::test(start_paused = true)]
async fn of_ipv6_a_64_is_a_network_and_a_48_has_ten_of_them() {
    let limits = NetworkLimits::new(quota(20, 200), false);
    assert_eq!(passed(&limits, "2001:db8:1:1::1", Cost::Work, 1_000), 200);
    assert_eq!(passed(&limits, "2001:db8:1:1:ffff::2", Cost::Work, 1), 0, "the same /64");
    let others = (2..1_000).map(|number| passed(&limits, &format!("2001:db8:1:{number:x}::1"), Cost::Work, 200));
    assert_eq!(others.sum::<usize>(), 1_800, "what the first was refused is not the others' loss");
    assert_eq!(passed(&limits, "2001:db8:2:1::1", Cost::Work, 1_000), 200, "the next /48");
}

#[tokio::test(start_paused = true)]
async fn this_machine_is_limited_only_where_that_was_said() {
    for client in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(passed(&NetworkLimits::new(quota(1, 1), false), client, Cost::Mail, 9), 9, "{client}");
        assert_eq!(passed(&NetworkLimits::new(quota(1, 1), true), client, Cost::Mail, 9), 1, "{client}");
        assert_eq!(passed(&NetworkLimits::off(), client, Cost::Mail, 9), 9, "{client}");
    }
    assert_eq!(passed(&NetworkLimits::off(), "192.0.2.1", Cost::Mail, 9), 9);
}

/// 300,000 /64s, each of a /48 of its own, at 20,000 a second: more than a node answers. (A million ends the same way.)
#[tokio::test(start_paused = true)]
async fn any_number_of_networks_takes_no_more_than_its_room() {
    let limits = NetworkLimits::new(quota(20, 200), false);
    let sizes = || {
        let Limits { requests, mails } = limits.limits.as_ref().unwrap();
        [&requests.networks, &requests.sites, &mails.networks, &mails.sites].map(|budgets| budgets.limiter.len())
    };
    let mut most = 0;
    for number in 0..300_000_u128 {
        let client = Ipv6Addr::from((0x2001_0db8_u128 << 96) + (number << 80));
        assert_eq!(limits.take(&direct(client.into()), Cost::Mail), Ok(()));
        if number % 20 == 0 {
            advance(SECOND / 1_000).await;
            most = most.max(sizes().into_iter().max().unwrap());
        }
    }
    assert!((MOST / 2..=MOST).contains(&most), "{most}");
    advance(100 * SECOND).await;
    limits.forget_idle();
    assert_eq!(sizes(), [0; 4]);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_room_large_networks_are_limited_as_one() {
    let limits = NetworkLimits::new(quota(1, 2), false);
    for number in 0..u32::try_from(MOST).unwrap() {
        let client = IpAddr::from((0x0b00_0000 + (number << 8)).to_be_bytes());
        assert_eq!(limits.take(&direct(client), Cost::Work), Ok(()));
    }
    assert_eq!(passed(&limits, "192.0.2.1", Cost::Work, 9), 2);
    assert_eq!(passed(&limits, "192.9.9.9", Cost::Work, 9), 0, "the same /8");
    assert_eq!(passed(&limits, "198.51.100.1", Cost::Work, 9), 2);
    assert_eq!(passed(&limits, "2001:db8::1", Cost::Work, 9), 2);
    assert_eq!(passed(&limits, "2001:ffff::1", Cost::Work, 9), 0, "the same /16");
    advance(2 * SECOND).await;
    assert_eq!(passed(&limits, "192.8.8.8", Cost::Work, 9), 2, "there is room again");
}
