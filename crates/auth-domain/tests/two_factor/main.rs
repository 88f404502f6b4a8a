//! Every state that the second factors of an account can reach, by every operation in every state: no rule of the
//! contract is broken, the diagram in the documentation is the machine, and a broken rule would be noticed.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use auth_domain::two_factor::{Method, MethodState, Pending, SealedSecret, Status, TwoFactor};
use auth_domain::version::RowVersion;
use auth_domain::{SessionId, Timestamp};

const BEGAN: Timestamp = Timestamp::from_seconds(1_000);

#[derive(Clone, Copy, Debug)]
enum Operation {
    Setup(Method),
    Verify(Method),
    Enable(Method),
    Disable(Method),
    MakePrimary(Method),
    /// The pending set-up of the app is given up.
    Cancel,
    /// Every pending set-up runs out.
    RunOut,
}

fn operations() -> Vec<Operation> {
    let of = |method| {
        [
            Operation::Setup(method),
            Operation::Verify(method),
            Operation::Enable(method),
            Operation::Disable(method),
            Operation::MakePrimary(method),
        ]
    };
    Method::ALL.into_iter().flat_map(of).chain([Operation::Cancel, Operation::RunOut]).collect()
}

/// Which session sets an app up.
fn session() -> SessionId {
    SessionId::generate(BEGAN, [7; 32])
}

/// The same state without what only counts: versions and times, but for whether a set-up has run out.
fn normal(state: TwoFactor) -> TwoFactor {
    TwoFactor { version: RowVersion::NONE, ..state }
}

fn apply(state: TwoFactor, operation: Operation) -> Option<TwoFactor> {
    let until = BEGAN + Duration::from_secs(600);
    let next = match operation {
        Operation::Setup(Method::App) => state.begin_app(BEGAN, until, SealedSecret::new(vec![1]), session()).ok(),
        Operation::Cancel => state.cancel_app(BEGAN).ok(),
        Operation::Setup(Method::Email) => state.begin_email(until).ok(),
        Operation::Verify(method) => state.proved(method, BEGAN).ok(),
        Operation::Enable(method) => state.enable(method).ok(),
        Operation::Disable(method) => state.disable(method).ok(),
        Operation::MakePrimary(method) => state.make_primary(method).ok(),
        Operation::RunOut => Some(TwoFactor { app: run_out(state.app), email: run_out(state.email), ..state }),
    };
    next.map(normal)
}

fn run_out<S>(state: MethodState<S>) -> MethodState<S> {
    let late = |pending: Pending<S>| Pending { until: BEGAN, ..pending };
    match state {
        MethodState::Pending(pending) => MethodState::Pending(late(pending)),
        MethodState::Disabled(enrolment, pending) => MethodState::Disabled(enrolment, pending.map(late)),
        other => other,
    }
}

type Transition = (TwoFactor, Operation, TwoFactor);

/// Every reachable transition of a machine.
fn explore(apply: impl Fn(TwoFactor, Operation) -> Option<TwoFactor>) -> (HashSet<TwoFactor>, Vec<Transition>) {
    let mut seen = HashSet::from([TwoFactor::none()]);
    let (mut open, mut transitions) = (vec![TwoFactor::none()], Vec::new());
    while let Some(state) = open.pop() {
        for operation in operations() {
            let Some(next) = apply(state.clone(), operation) else { continue };
            transitions.push((state.clone(), operation, next.clone()));
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    (seen, transitions)
}

/// What contract section 4 says, of a state and of how it came about.
fn broken_rule((before, operation, after): &Transition) -> Option<&'static str> {
    let enabled: Vec<Method> = after.enabled().collect();
    let primary = after.primary();
    if primary.is_some() == enabled.is_empty() {
        return Some("a primary exists exactly when a method is enabled");
    }
    if primary.is_some_and(|primary| !enabled.contains(&primary)) {
        return Some("the primary is enabled");
    }
    let was = before.primary();
    match operation {
        Operation::Verify(method) | Operation::Enable(method) => {
            if was.is_none() && primary != Some(*method) {
                return Some("the first one verified becomes primary");
            }
            if was.is_some() && primary != was {
                return Some("a further one does not take the first place");
            }
        }
        Operation::Disable(method) => {
            if was != Some(*method) && primary != was {
                return Some("disabling another one leaves the primary");
            }
            if enabled.contains(method) {
                return Some("a disabled method is not asked for");
            }
            if !after.is_enrolled(*method) {
                return Some("a disabled method stays enrolled");
            }
        }
        Operation::MakePrimary(method) if primary != Some(*method) => return Some("what is made primary is primary"),
        Operation::Setup(_) | Operation::Cancel | Operation::RunOut
            if primary != was || before.enabled().ne(after.enabled()) =>
        {
            return Some("a set-up changes nothing before it is proved, nor when it is given up");
        }
        _ => {}
    }
    None
}

#[test]
fn no_reachable_state_breaks_a_rule() {
    let (states, transitions) = explore(apply);
    println!("{} states, {} transitions", states.len(), transitions.len());
    assert!(states.len() > 30 && transitions.len() > 200);
    for transition in &transitions {
        assert_eq!(broken_rule(transition), None, "{transition:?}");
    }
}

#[test]
fn a_broken_rule_is_noticed() {
    let seizing = |state: TwoFactor, operation| match operation {
        // Whatever is proved takes the first place.
        Operation::Verify(method) => apply(state, operation)?.make_primary(method).ok().map(normal),
        _ => apply(state, operation),
    };
    let forgetting = |state: TwoFactor, operation| match operation {
        Operation::Disable(Method::App) => Some(TwoFactor { app: MethodState::NotSet, ..apply(state, operation)? }),
        _ => apply(state, operation),
    };
    for found in [explore(seizing).1, explore(forgetting).1] {
        assert!(found.iter().any(|transition| broken_rule(transition).is_some()));
    }
}

fn name(status: Option<Status>, enrolled: bool) -> &'static str {
    match (status, enrolled) {
        (None, _) => "NotSet",
        (Some(Status::Pending), false) => "Pending",
        (Some(Status::Pending), true) => "DisabledPending",
        (Some(Status::Enabled), _) => "Enabled",
        (Some(Status::Disabled), _) => "Disabled",
    }
}

#[test]
fn the_diagram_in_the_documentation_is_the_machine() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/two-factor.md")).unwrap();
    let drawn: BTreeSet<String> = text
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("-->") && line.contains(": "))
        .map(str::to_owned)
        .collect();
    for method in Method::ALL {
        let state_of =
            |state: &TwoFactor| name(state.status(method, BEGAN).map(|(status, _)| status), state.is_enrolled(method));
        let mut found = BTreeSet::new();
        for (before, operation, after) in explore(apply).1 {
            let label = match operation {
                Operation::Setup(of) if of == method => "setup",
                Operation::Verify(of) if of == method => "verify",
                Operation::Enable(of) if of == method => "enable",
                Operation::Disable(of) if of == method => "disable",
                Operation::RunOut => "ten minutes",
                _ => continue,
            };
            let (from, to) = (state_of(&before), state_of(&after));
            if from != to {
                found.insert(format!("{from} --> {to}: {label}"));
            }
        }
        assert_eq!(found, drawn, "{method:?}");
    }
}
