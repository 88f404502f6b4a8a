//! Which connections are admitted, and which must close.

use super::*;

fn connections(most: usize) -> Connections {
    Connections::new(most, TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]))
}

fn admit(connections: &Connections, peer: &str) -> Option<Admission> {
    connections.admit(Some(peer.parse().unwrap())).ok()
}

fn is_dismissed(admission: &Admission) -> bool {
    admission.seat.dismissed.load(Ordering::Relaxed)
}

#[test]
fn a_network_has_a_quarter_and_makes_room_for_itself() {
    let all = connections(100);
    let busy = |peer: &str| admit(&all, peer).inspect(Admission::is_busy);
    let mut kept: Vec<_> = (0..24).map(|_| busy("192.0.2.1").unwrap()).collect();
    let waiting = admit(&all, "192.0.2.99").unwrap();
    kept.push(busy("192.0.2.1").unwrap());
    assert!(is_dismissed(&waiting), "the only one of its network that waited");
    assert!(busy("192.0.2.1").is_none() && busy("::ffff:192.0.2.2").is_none(), "none of its own waits");
    assert!(busy("192.0.3.1").is_some() && busy("2001:db8::1").is_some());
    kept.pop();
    assert!(busy("192.0.2.1").is_some());
    assert_eq!(all.open(), 24);
    drop((kept, waiting));
    assert_eq!((all.open(), all.0.seats().of_network.len()), (0, 0));
}

#[test]
fn this_machine_and_trusted_proxies_may_have_them_all() {
    for peer in ["127.0.0.1", "::1", "10.1.2.3", "::ffff:10.1.2.3"] {
        let all = connections(100);
        let kept: Vec<_> = (0..100).map(|_| admit(&all, peer).unwrap()).collect();
        assert!(!kept.iter().any(is_dismissed), "{peer}");
        assert!(admit(&all, peer).is_some() && kept.iter().filter(|one| is_dismissed(one)).count() == 7, "{peer}");
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_places_are_taken_the_oldest_of_those_that_wait_go() {
    let all = connections(100);
    let mut kept = Vec::new();
    for number in 0..100 {
        let peer = if number == 11 { "10.0.0.1".to_owned() } else { format!("192.0.{number}.1") };
        kept.push(admit(&all, &peer).unwrap());
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    // The oldest one was asked for something a moment ago, the next ones are answered, the one after them is of a proxy.
    kept[0].waits(false);
    kept[1..11].iter().for_each(Admission::is_busy);
    kept[12].waits(true);
    let newcomer = admit(&all, "198.51.100.1").unwrap();
    let gone: Vec<usize> = (0..100).filter(|number| is_dismissed(&kept[*number])).collect();
    assert_eq!(gone, [13, 14, 15, 16, 17, 18]);
    assert!(!is_dismissed(&newcomer));
    assert_eq!(all.open(), 95);
}

#[test]
fn where_nobody_waits_nobody_is_let_in() {
    let all = connections(8);
    let kept: Vec<_> = (0..8).map(|_| admit(&all, "127.0.0.1").unwrap()).collect();
    kept.iter().for_each(Admission::is_busy);
    assert!(admit(&all, "127.0.0.1").is_none());
    kept[3].waits(true);
    assert!(admit(&all, "127.0.0.1").is_some() && is_dismissed(&kept[3]));
}
