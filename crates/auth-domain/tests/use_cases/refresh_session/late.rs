//! A session whose tokens are asked for again late, generation after generation: two may share it.

use auth_domain::session::LateRepeats;
use auth_domain::use_cases::SuspiciousSession;

use super::*;

const STRICT: SuspiciousSession = SuspiciousSession::Ends;

async fn ann_under(suspicious_session: SuspiciousSession) -> Ann {
    let subscriptions = vec![Subscription { service: "users".to_owned(), events: EventName::ALL.to_vec() }];
    Ann::under(Policy { suspicious_session, subscriptions, ..Policy::for_tests() }).await
}

/// Asks for the same successor twice, the second time just late; answers both.
async fn late(ann: &Ann, token: &BearerToken) -> (IssuedTokens, Result<IssuedTokens, RefreshError>) {
    let first = ann.refresh(token).await;
    ann.service.clock.advance(ann.window() + MOMENT);
    (first, refresh(&ann.service, token, &client()).await)
}

/// As often as that; answers the current token.
async fn late_times(ann: &Ann, times: u32) -> BearerToken {
    let mut token = ann.tokens.refresh.clone();
    for _ in 0..times {
        let (first, again) = late(ann, &token).await;
        assert_eq!(again.expect("tokens").refresh, first.refresh);
        token = first.refresh;
    }
    token
}

fn suspicions(ann: &Ann) -> Vec<(Outcome, Option<String>)> {
    let records = ann.service.store.audit_records().into_iter();
    let records = records.filter(|record| record.action == "session.suspicious");
    records.map(|record| (record.outcome, record.detail)).collect()
}

#[tokio::test]
async fn three_generations_running_tell_the_owner_once_and_the_session_goes_on() {
    let ann = ann_under(SuspiciousSession::GoesOn).await;
    late_times(&ann, LateRepeats::SUSPICIOUS - 1).await;
    assert_eq!((ann.service.store.notices_to(&ann.account.email), suspicions(&ann)), (vec![], vec![]));

    let ann = ann_under(SuspiciousSession::GoesOn).await;
    let token = late_times(&ann, LateRepeats::SUSPICIOUS + 2).await;
    assert_eq!(ann.service.store.notices_to(&ann.account.email), [NoticeKind::SessionSuspicious]);
    assert_eq!(suspicions(&ann), [(Outcome::Done, Some(ann.session().id.to_string()))]);
    assert_eq!((ann.session().revocation, ann.service.store.addressees().len()), (None, 1), "no event but the first");
    ann.refresh(&token).await;
}

#[tokio::test]
async fn a_generation_in_time_begins_the_count_anew() {
    let ann = ann_under(STRICT).await;
    let token = late_times(&ann, 2).await;
    let next = ann.refresh(&token).await;
    ann.service.clock.advance(ann.window());
    let again = ann.refresh(&token).await;
    assert_eq!(again.refresh, next.refresh, "in time");
    let (_, answer) = late(&ann, &next.refresh).await;
    assert!(answer.is_ok());
    assert_eq!(ann.session().rotation.late.map(|late| late.running), Some(1));
    assert_eq!(ann.service.store.notices_to(&ann.account.email), []);
}

#[tokio::test]
async fn where_that_is_asked_for_the_session_ends() {
    let ann = ann_under(STRICT).await;
    let token = late_times(&ann, 2).await;
    let (third, answer) = late(&ann, &token).await;
    let error = answer.expect_err("a refusal");
    let (session_id, account_id) = (ann.session().id, ann.account.id);
    assert_eq!(error, RefreshError::Suspicious { session_id, account_id });
    assert_eq!(code(error), ErrorCode::RefreshTokenInvalid);
    assert_eq!(suspicions(&ann), [(Outcome::Done, Some(session_id.to_string()))]);
    ann.assert_revoked_once();
    assert_eq!(ann.refused(&third.refresh).await, RefreshError::Invalid);
    assert!(!ann.accepts(&third).await);
    ann.assert_revoked_once();
}

#[tokio::test]
async fn a_count_that_is_full_when_that_is_asked_for_ends_it_too() {
    let ann = ann_under(SuspiciousSession::GoesOn).await;
    let token = late_times(&ann, 3).await;
    let strict = ann.service.under(Policy { suspicious_session: STRICT, ..ann.service.policy.clone() });
    let (_, ann) = (ann.refresh(&token).await, Ann { service: strict, ..ann });
    ann.service.clock.advance(ann.window() + MOMENT);
    assert!(matches!(ann.refused(&token).await, RefreshError::Suspicious { .. }));
}

#[tokio::test]
async fn of_two_that_are_late_at_once_one_tells() {
    let ann = ann_under(SuspiciousSession::GoesOn).await;
    let token = late_times(&ann, 2).await;
    ann.refresh(&token).await;
    ann.service.clock.advance(ann.window() + MOMENT);
    let other = token.clone();
    ann.service.before_next_commit(async move |service| {
        refresh(&service, &other, &client()).await.expect("tokens");
    });
    ann.refresh(&token).await;
    assert!(!ann.service.store.has_trouble_left());
    assert_eq!(ann.service.store.notices_to(&ann.account.email), [NoticeKind::SessionSuspicious]);
    assert_eq!(suspicions(&ann).len(), 1);
}
