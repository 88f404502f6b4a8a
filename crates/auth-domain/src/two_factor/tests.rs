//! Times, names and versions. `tests/two_factor` searches how the operations work together.

use uuid::Uuid;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
const MOMENT: Duration = Duration::from_micros(1);

fn begin_app(methods: TwoFactor, now: Timestamp, session: u128) -> Result<TwoFactor, NotBegun> {
    let until = now + Duration::from_secs(600);
    methods.begin_app(now, until, SealedSecret::new(vec![1, 2, 3]), SessionId::from(Uuid::from_u128(session)))
}

#[test]
fn the_session_that_began_an_app_may_start_over_after_a_minute_and_no_other() {
    let begun = begin_app(TwoFactor::none(), NOW, 1).unwrap();
    let again = |later, session| begin_app(begun.clone(), NOW + later, session).map(drop);
    assert_eq!(again(REPLACED_AFTER - MOMENT, 1), Err(NotBegun::AlreadyPending));
    assert_eq!(again(REPLACED_AFTER, 1), Ok(()));
    assert_eq!(again(REPLACED_AFTER, 2), Err(NotBegun::AlreadyPending));
}

#[test]
fn what_is_dropped_is_a_change_only_if_something_was_set() {
    let begun = begin_app(TwoFactor::none(), NOW, 1).unwrap();
    let dropped = begun.clone().dropped();
    assert_eq!(dropped, TwoFactor { version: begun.version.next(), ..TwoFactor::none() });
    assert_eq!(dropped.clone().dropped(), dropped, "not even the version moves on");
}

#[test]
fn statuses_have_the_names_that_the_contract_gives_them() {
    let names = [Status::Pending, Status::Enabled, Status::Disabled].map(Status::as_str);
    assert_eq!(names, ["pending", "enabled", "disabled"]);
}

#[test]
fn a_secret_is_never_printed() {
    assert_eq!(format!("{:?}", SealedSecret::new(vec![1, 2, 3])), "SealedSecret(…)");
}
