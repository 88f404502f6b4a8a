//! What the lane answers, refuses and keeps free.

use super::*;
use crate::key_ring::MasterKey;

const SMALL: HashParameters = HashParameters { memory_kib: 64, passes: 1, threads: 2, queue_per_thread: 8 };

fn ring(key: u8, older: &[u8]) -> KeyRing {
    let older: Vec<_> = older.iter().map(|byte| MasterKey::new([*byte; 32])).collect();
    KeyRing::new(&MasterKey::new([key; 32]), &older)
}

fn stored(hash: &PasswordHash) -> Option<StoredHash> {
    let account_id = auth_domain::AccountId::generate(Timestamp::from_seconds(1), [1; 32]);
    Some(StoredHash { account_id, hash: hash.clone() })
}

fn network(number: u8) -> Network {
    Network::of([192, 0, number, 1].into())
}

#[tokio::test]
async fn a_hash_verifies_only_its_password_and_only_with_its_pepper() {
    let lane = HashingLane::start(&ring(1, &[]), SMALL).unwrap();
    let hash = lane.hash(Password::new("right"), [5; 16], &network(1)).await.unwrap();
    assert!(hash.as_phc().starts_with("$argon2id$v=19$m=64,t=1,p=1,keyid="), "{}", hash.as_phc());
    let verify =
        async |lane: &HashingLane, text: &str| lane.verify(Password::new(text), stored(&hash), &network(1)).await;
    assert_eq!(verify(&lane, "right").await, Ok(PasswordVerdict::Match));
    assert_eq!(verify(&lane, "wrong").await, Ok(PasswordVerdict::Miss));
    assert_eq!(lane.verify(Password::new("right"), None, &network(1)).await, Ok(PasswordVerdict::Miss));

    let rotated = HashingLane::start(&ring(2, &[1]), SMALL).unwrap();
    assert_eq!(verify(&rotated, "right").await, Ok(PasswordVerdict::MatchOutdated));
    let retired = HashingLane::start(&ring(2, &[]), SMALL).unwrap();
    assert!(matches!(verify(&retired, "right").await, Err(HashingError::Broken(_))));
    let dearer = HashingLane::start(&ring(1, &[]), HashParameters { passes: 2, memory_kib: 32, ..SMALL }).unwrap();
    assert_eq!(verify(&dearer, "right").await, Ok(PasswordVerdict::MatchOutdated));
}

#[tokio::test]
async fn a_hash_of_extreme_cost_is_refused_and_not_computed() {
    let lane = HashingLane::start(&ring(1, &[]), SMALL).unwrap();
    let hash = lane.hash(Password::new("right"), [5; 16], &network(1)).await.unwrap();
    for extreme in ["m=4194304,t=1", "m=4194304,t=4294967295", "m=64,t=4294967295"] {
        let extreme = PasswordHash::from_phc(hash.as_phc().replace("m=64,t=1", extreme));
        let verdict = lane.verify(Password::new("right"), stored(&extreme), &network(1)).await;
        assert!(matches!(verdict, Err(HashingError::Broken(_))), "{verdict:?}");
    }
    assert_eq!(lane.load().refused, 0, "none waited for the others");
    assert_eq!(lane.verify(Password::new("right"), stored(&hash), &network(1)).await, Ok(PasswordVerdict::Match));
}

/// Returns a lane of one thread, which is busy for long enough to examine what waits for it.
fn busy_lane(queue_per_thread: usize) -> Arc<HashingLane> {
    let parameters = HashParameters { memory_kib: 65_536, passes: 3, threads: 1, queue_per_thread };
    Arc::new(HashingLane::start(&ring(1, &[]), parameters).unwrap())
}

type Hashing = tokio::task::JoinHandle<Result<PasswordHash, HashingError>>;

fn flood(lane: &Arc<HashingLane>, from: u8, jobs: usize) -> Vec<Hashing> {
    let hash = |lane: Arc<HashingLane>| async move { lane.hash(Password::new("x"), [5; 16], &network(from)).await };
    (0..jobs).map(|_| tokio::spawn(hash(lane.clone()))).collect()
}

async fn refused(flood: Vec<Hashing>) -> usize {
    let mut refused = 0;
    for task in flood {
        if let Err(error) = task.await.unwrap() {
            assert_eq!(error, OVERLOADED);
            refused += 1;
        }
    }
    refused
}

#[tokio::test]
async fn a_full_queue_answers_at_once() {
    let lane = busy_lane(1);
    let flood = flood(&lane, 1, 20);
    let refused = refused(flood).await;
    assert!((1..20).contains(&refused), "{refused} of 20");
    assert_eq!(lane.load().refused, u64::try_from(refused).unwrap());
}

#[tokio::test]
async fn a_flood_makes_room_for_another_network_and_waits_behind_it() {
    let lane = busy_lane(8);
    let flood = flood(&lane, 1, 20);
    while lane.load().refused == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..2 {
        lane.hash(Password::new("x"), [5; 16], &network(2)).await.unwrap();
    }
    assert!(flood.iter().any(|task| !task.is_finished()), "it is not over yet");
    let refused = refused(flood).await;
    assert!((15..20).contains(&refused), "{refused} of 20");
}

#[tokio::test]
async fn half_of_the_places_are_kept_for_known_networks() {
    let lane = busy_lane(8);
    lane.learn(&network(1), Timestamp::from_seconds(10));
    assert_eq!(lane.load().known_networks, 1);
    let strangers: Vec<_> = (2..22).flat_map(|number| flood(&lane, number, 1)).collect();
    while lane.load().refused < 15 {
        tokio::task::yield_now().await;
    }
    lane.hash(Password::new("x"), [5; 16], &network(1)).await.unwrap();
    let unfinished = strangers.iter().filter(|task| !task.is_finished()).count();
    assert!(unfinished >= 1, "one of a known network is next but one");
    assert!((15..=16).contains(&refused(strangers).await));
    lane.forget_before(Timestamp::from_seconds(11));
    assert_eq!(lane.load().known_networks, 0);
}

#[tokio::test]
async fn whoever_goes_away_leaves_their_place_to_others() {
    let lane = busy_lane(8);
    let flood = flood(&lane, 1, 5);
    while lane.load().waiting < 4 {
        tokio::task::yield_now().await;
    }
    flood.iter().for_each(Hashing::abort);
    for task in flood {
        assert!(task.await.is_err());
    }
    assert_eq!((lane.load().waiting, lane.load().refused), (0, 0));
    lane.hash(Password::new("x"), [5; 16], &network(1)).await.unwrap();
    let load = lane.load();
    assert_eq!((load.working, load.networks), (0, 0), "and nothing of them stays behind");
}

#[tokio::test]
async fn hashes_of_other_systems_take_turns() {
    let turns = ForeignTurns::new();
    let first = turns.turn().await.unwrap();
    let mut waiting: Vec<_> = (1..ForeignTurns::PLACES + 1).map(|_| Box::pin(turns.turn())).collect();
    for second in &mut waiting {
        assert!(tokio::time::timeout(Duration::ZERO, second).await.is_err(), "it waits");
    }
    assert_eq!(turns.turn().await.map(drop), Err(OVERLOADED), "no more may wait");
    drop(first);
    assert!(waiting.remove(0).await.is_ok());
}

/// Returns the `nice` of each hashing thread of this process.
#[cfg(target_os = "linux")]
fn priorities() -> Vec<i32> {
    let stats = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    // A thread of another test may have ended.
    let stats = stats.filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok());
    let of_hashing =
        stats.filter_map(|stat| stat.split_once(" (argon2-")?.1.split_once(')').map(|(_, it)| it.to_owned()));
    of_hashing.map(|after_name| after_name.split_whitespace().nth(16).unwrap().parse().unwrap()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn hashing_threads_give_way_to_others() {
    let _lane = busy_lane(1);
    let by = Instant::now() + Duration::from_secs(10);
    while !priorities().contains(&10) {
        assert!(Instant::now() < by, "{:?}", priorities());
        std::thread::yield_now();
    }
}
