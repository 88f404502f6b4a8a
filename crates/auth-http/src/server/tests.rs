//! Connections in virtual time: all of actix-http, between a caller in memory and a small application.

use actix_service::map_config;
use actix_web::web::{self, Bytes, Payload};
use actix_web::{App, HttpResponse};
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::connection::{HEAD, IDLE, IDLE_UNDER_PRESSURE, STALLED};
use crate::trusted_proxies::TrustedProxies;

const SECOND: Duration = Duration::from_secs(1);
const REQUEST: &[u8] = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n";

/// Opens a connection to an application that answers at once, late, bit by bit, or without reading the body.
async fn connect() -> DuplexStream {
    connect_as_one_of(&any_number()).await
}

fn any_number() -> Connections {
    Connections::new(1_000, TrustedProxies::default())
}

/// Opens a connection likewise, as one of these connections.
async fn connect_as_one_of(connections: &Connections) -> DuplexStream {
    let slow = || async {
        sleep(10 * IDLE).await;
        HttpResponse::Ok().body("slow")
    };
    let streamed = || async {
        let pieces = futures_util::stream::iter(0..5).then(|_| async {
            sleep(2 * IDLE).await;
            Ok::<_, Error>(Bytes::from_static(b"piece "))
        });
        HttpResponse::Ok().streaming(pieces)
    };
    let read = |mut body: Payload| async move {
        while body.next().await.is_some() {}
        HttpResponse::Ok().body("read")
    };
    let app = App::new()
        .route("/quick", web::get().to(async || HttpResponse::Ok().body("quick")))
        .route("/large", web::get().to(async || HttpResponse::Ok().body(vec![b'x'; 1 << 20])))
        .route("/slow", web::get().to(slow))
        .route("/streamed", web::get().to(streamed))
        .route("/read", web::post().to(read))
        .route("/unread", web::post().to(async || HttpResponse::Ok().body("unread")))
        .route("/nothing", web::post().to(async || HttpResponse::NoContent().finish()))
        .route("/broken", web::post().to(async || HttpResponse::Ok()))
        .wrap_fn(|request, app| {
            let (broken, answer) = (request.path() == "/broken", app.call(request));
            async move { if broken { Err(actix_web::error::ErrorInternalServerError("broken")) } else { answer.await } }
        });
    let app = app.into_factory().map_err(Response::from);
    let app = map_config(app, |()| AppConfig::default());
    let service = http(app, Server::build().graceful_shutdown_signal()).new_service(()).await.unwrap();
    let (caller, stream) = duplex(4096);
    let admission = connections.admit(None).unwrap();
    let connection = service.call((BoundedStream::new(stream, admission), Protocol::Http1, None));
    tokio::task::spawn_local(async move {
        let _ended_either_way = connection.await;
    });
    caller
}

/// Reads until the other side is silent for a second, and returns the text without its date.
async fn hear(caller: &mut DuplexStream) -> String {
    let mut bytes = Vec::new();
    while let Ok(read) = timeout(SECOND, caller.read_buf(&mut bytes)).await {
        assert_ne!(read.unwrap(), 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
    }
    String::from_utf8(bytes).unwrap()
}

/// Waits for the end of the connection, before which not a byte may arrive, and returns how long that took.
async fn closed_silently(caller: &mut DuplexStream) -> Duration {
    let began = Instant::now();
    let mut bytes = Vec::new();
    timeout(100 * IDLE, caller.read_to_end(&mut bytes)).await.expect("it is closed in the end").unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), "");
    began.elapsed()
}

#[track_caller]
fn assert_about(elapsed: Duration, expected: Duration) {
    assert!((expected - 2 * SECOND..=expected + 2 * SECOND).contains(&elapsed), "{elapsed:?}, not {expected:?}");
}

async fn in_virtual_time(test: impl Future<Output = ()>) {
    tokio::time::pause();
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_without_a_byte() {
    in_virtual_time(async {
        assert_about(closed_silently(&mut connect().await).await, IDLE);
    })
    .await;
}

#[tokio::test]
async fn requests_may_come_late_on_a_fresh_connection_and_on_a_used_one() {
    in_virtual_time(async {
        let mut caller = connect().await;
        for _ in 0..3 {
            sleep(IDLE - 5 * SECOND).await;
            caller.write_all(REQUEST).await.unwrap();
            let answer = hear(&mut caller).await;
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nquick"), "{answer}");
        }
        assert_about(closed_silently(&mut caller).await, IDLE);
    })
    .await;
}

#[tokio::test]
async fn half_a_head_is_cut_off_wherever_it_comes() {
    in_virtual_time(async {
        for (before, pause) in [(&b""[..], 0), (b"", 40), (REQUEST, 0), (REQUEST, 40)] {
            let mut caller = connect().await;
            caller.write_all(before).await.unwrap();
            sleep(pause * SECOND).await;
            let _first_answer = hear(&mut caller).await;
            caller.write_all(b"GET /quick HTTP/1.1\r\nHost: x\r\n").await.unwrap();
            assert_about(closed_silently(&mut caller).await, HEAD);
        }
    })
    .await;
}

#[tokio::test]
async fn a_dripping_head_gains_no_time() {
    in_virtual_time(async {
        let mut caller = connect().await;
        let began = Instant::now();
        while caller.write_all(b"G").await.is_ok() {
            assert!(began.elapsed() < 2 * HEAD, "still open");
            sleep(SECOND / 10).await;
        }
        assert_about(began.elapsed(), HEAD);
    })
    .await;
}

#[tokio::test]
async fn a_head_in_two_pieces_is_answered() {
    in_virtual_time(async {
        let mut caller = connect().await;
        let (one, two) = REQUEST.split_at(10);
        caller.write_all(one).await.unwrap();
        sleep(HEAD - SECOND).await;
        caller.write_all(two).await.unwrap();
        assert!(hear(&mut caller).await.starts_with("HTTP/1.1 200"));
    })
    .await;
}

#[tokio::test]
async fn answers_and_bodies_take_as_long_as_handlers_let_them() {
    in_virtual_time(async {
        let slow = async |caller: &mut DuplexStream| {
            caller.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
            sleep(10 * IDLE).await;
            assert!(hear(caller).await.ends_with("slow"));
        };
        let mut caller = connect().await;
        slow(&mut caller).await;
        assert_about(closed_silently(&mut caller).await, IDLE);

        let mut caller = connect().await;
        slow(&mut caller).await;
        caller.write_all(b"GET /streamed HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        sleep(10 * IDLE).await;
        assert!(hear(&mut caller).await.ends_with("\r\n6\r\npiece \r\n0\r\n\r\n"));

        caller.write_all(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n").await.unwrap();
        for byte in b"body" {
            sleep(2 * IDLE).await;
            caller.write_all(&[*byte]).await.unwrap();
        }
        assert!(hear(&mut caller).await.ends_with("read"));
        assert_about(closed_silently(&mut caller).await, IDLE);
    })
    .await;
}

#[tokio::test]
async fn requests_sent_together_are_answered_in_turn() {
    in_virtual_time(async {
        let mut caller = connect().await;
        let slow = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
        caller.write_all(&[slow, REQUEST, slow, &REQUEST[..10]].concat()).await.unwrap();
        sleep(20 * IDLE).await;
        let answers = hear(&mut caller).await;
        let order: Vec<_> = answers.matches("slow").chain(answers.matches("quick")).collect();
        assert_eq!((answers.matches("HTTP/1.1 200").count(), order), (3, vec!["slow", "slow", "quick"]));
        // As far as anyone can tell, the bytes of the fourth connection came in time.
        caller.write_all(&REQUEST[10..]).await.unwrap();
        assert!(hear(&mut caller).await.ends_with("quick"));
    })
    .await;
}

/// Returns what arrives before the connection ends, and how long that takes, while `more` is sent every 100 ms.
async fn ended(caller: &mut DuplexStream, more: &[u8]) -> (String, Duration) {
    let (mut reader, mut writer) = tokio::io::split(caller);
    let (began, mut answer) = (Instant::now(), Vec::new());
    let writing = async {
        while !more.is_empty() && writer.write_all(more).await.is_ok() {
            sleep(SECOND / 10).await;
        }
        std::future::pending().await
    };
    tokio::select! {
        read = timeout(100 * IDLE, reader.read_to_end(&mut answer)) => { read.expect("it is closed in the end").unwrap(); },
        () = writing => {}
    }
    (String::from_utf8(answer).unwrap(), began.elapsed())
}

/// Does the same in a separate time: actix-http's deadlines follow the real clock, and time that an earlier test has
/// moved would be past all of them.
fn ended_in_its_own_time(request: &str, more: &str) -> (String, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let mut caller = connect().await;
        caller.write_all(request.as_bytes()).await.unwrap();
        ended(&mut caller, more.as_bytes()).await
    })
}

/// Whether it stalls, drips or never stops; whether its length is announced or not; whether the answer has a body or
/// not.
#[test]
fn an_unfinished_body_that_nobody_reads_ends_the_connection_with_the_answer() {
    let chunks = "x".repeat(4096);
    let endless = format!("1000\r\n{chunks}\r\n");
    for (framing, more) in [
        ("Transfer-Encoding: chunked\r\n\r\n", ""),
        ("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", ""),
        ("Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"),
        ("Transfer-Encoding: chunked\r\n\r\n", endless.as_str()),
        ("Content-Length: 100\r\n\r\n", ""),
        ("Content-Length: 100\r\n\r\n1", "1"),
        ("Content-Length: 1000000\r\n\r\n", chunks.as_str()),
    ] {
        for (target, body) in [("POST /unread", "unread"), ("POST /nothing", ""), ("PUT /quick", ""), ("GET /none", "")]
        {
            let head = format!("{target} HTTP/1.1\r\nHost: x\r\n{framing}");
            let (answer, took) = ended_in_its_own_time(&head, more);
            assert!(answer.starts_with("HTTP/1.1 ") && answer.ends_with(body), "{answer}");
            assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
            assert!(took <= 2 * LINGER, "{head}: {took:?}");
        }
    }
}

#[tokio::test]
async fn a_whole_body_that_is_read_keeps_the_connection() {
    in_virtual_time(async {
        let mut caller = connect().await;
        for _ in 0..3 {
            for framing in ["Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "Content-Length: 4\r\n\r\nbody"]
            {
                let request = format!("POST /read HTTP/1.1\r\nHost: x\r\n{framing}");
                caller.write_all(request.as_bytes()).await.unwrap();
                let answer = hear(&mut caller).await;
                assert!(answer.ends_with("read") && !answer.contains("connection: close"), "{answer}");
            }
        }
    })
    .await;
}

#[test]
fn an_application_that_fails_ends_the_connection_of_an_unfinished_body_too() {
    let request = "POST /broken HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (answer, took) = ended_in_its_own_time(request, "");
    assert!(answer.starts_with("HTTP/1.1 500") && took <= 2 * LINGER, "{took:?}: {answer}");
}

#[tokio::test]
async fn a_caller_that_takes_nothing_of_its_answer_is_let_go_and_one_that_is_slow_is_not() {
    in_virtual_time(async {
        let request = b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        for (pause, whole) in [(STALLED - 5 * SECOND, true), (STALLED + 5 * SECOND, false)] {
            let mut caller = connect().await;
            caller.write_all(request).await.unwrap();
            let mut answer = vec![0; 20];
            for piece in answer.chunks_mut(10) {
                sleep(pause).await;
                caller.read_exact(piece).await.unwrap();
            }
            caller.read_to_end(&mut answer).await.unwrap();
            assert_eq!(answer.len() > 1 << 20, whole, "{}", answer.len());
        }
    })
    .await;
}

#[tokio::test]
async fn bytes_that_never_stop_gain_no_time() {
    tokio::time::pause();
    let mut stream = BoundedStream::new(
        tokio::io::join(tokio::io::repeat(b'a'), tokio::io::sink()),
        any_number().admit(None).unwrap(),
    );
    let mut bytes = [0; 10];
    sleep(IDLE / 2).await;
    for pause in [SECOND, HEAD - 2 * SECOND] {
        sleep(pause).await;
        assert_eq!(stream.read(&mut bytes).await.unwrap(), 10);
    }
    sleep(3 * SECOND).await;
    assert_eq!(stream.read(&mut bytes).await.unwrap(), 0);
}

/// actix-http itself answers what is not HTTP, or too much of it: no hook sees that answer, so it has no envelope and
/// no request id, as `docs/operations.md` explains. The connection ends with it.
#[tokio::test]
async fn what_never_becomes_a_request_is_answered_below_the_application() {
    in_virtual_time(async {
        let long = format!("GET /quick HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(200_000));
        let many = format!("GET /quick HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200));
        for (head, status) in [
            ("nonsense\r\n\r\n", "400"),
            ("GET /quick HTTP/1.1\r\nContent-Length: x\r\n\r\n", "400"),
            ("GET /quick HTTP/1.1\r\nbad header\r\n\r\n", "400"),
            (many.as_str(), "431"),
            (long.as_str(), "431"),
        ] {
            let mut caller = connect().await;
            let (sent, mut answer) = (head.as_bytes().to_owned(), Vec::new());
            let (mut reader, mut writer) = tokio::io::split(&mut caller);
            let writing = async move { drop(writer.write_all(&sent).await) };
            let reading = async { reader.read_to_end(&mut answer).await };
            let (_, read) = tokio::join!(writing, timeout(100 * IDLE, reading));
            read.expect("it is closed").unwrap();
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            assert!(!answer.contains("request-id") && answer.ends_with("\r\n\r\n"), "{answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn under_pressure_idle_connections_are_kept_for_less_time() {
    in_virtual_time(async {
        let connections = Connections::new(4, TrustedProxies::default());
        let mut all = Vec::new();
        for _ in 0..3 {
            let mut caller = connect_as_one_of(&connections).await;
            caller.write_all(REQUEST).await.unwrap();
            all.push(caller);
        }
        let began = Instant::now();
        for caller in &mut all {
            assert!(hear(caller).await.ends_with("quick"));
        }
        closed_silently(&mut all[0]).await;
        assert_about(began.elapsed(), IDLE_UNDER_PRESSURE);
        // That was enough.
        closed_silently(&mut all[1]).await;
        closed_silently(&mut all[2]).await;
        assert_about(began.elapsed(), IDLE);
        assert_eq!(connections.open(), 0);
    })
    .await;
}

#[tokio::test]
async fn whoever_has_waited_longest_makes_room_and_whoever_is_answered_does_not() {
    in_virtual_time(async {
        let connections = Connections::new(3, TrustedProxies::default());
        let mut slow = connect_as_one_of(&connections).await;
        slow.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        sleep(SECOND).await;
        let mut half = connect_as_one_of(&connections).await;
        half.write_all(b"GET /quick").await.unwrap();
        sleep(SECOND).await;
        let mut idle = connect_as_one_of(&connections).await;
        idle.write_all(REQUEST).await.unwrap();
        assert!(hear(&mut idle).await.ends_with("quick"));
        // Without a request, then with half of one.
        let mut fourth = connect_as_one_of(&connections).await;
        assert_eq!(closed_silently(&mut idle).await, Duration::ZERO);
        fourth.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        sleep(SECOND).await;
        let mut fifth = connect_as_one_of(&connections).await;
        assert_eq!(closed_silently(&mut half).await, Duration::ZERO);
        fifth.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        sleep(SECOND).await;
        assert!(connections.admit(None).is_err(), "nobody waits");
        sleep(10 * IDLE + SECOND).await;
        for caller in [&mut slow, &mut fourth, &mut fifth] {
            assert!(hear(caller).await.ends_with("slow"));
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_sends_no_body_or_takes_no_answer_makes_room_too() {
    in_virtual_time(async {
        let connections = Connections::new(2, TrustedProxies::default());
        let mut body = connect_as_one_of(&connections).await;
        body.write_all(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo").await.unwrap();
        sleep(SECOND).await;
        let mut large = connect_as_one_of(&connections).await;
        large.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        sleep(SECOND).await;
        let mut answer = String::new();
        let mut third = connect_as_one_of(&connections).await;
        timeout(SECOND, body.read_to_string(&mut answer)).await.expect("it made room").unwrap();
        third.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        sleep(SECOND).await;
        let _fourth = connect_as_one_of(&connections).await;
        sleep(SECOND).await;
        let mut taken = Vec::new();
        timeout(SECOND, large.read_to_end(&mut taken)).await.expect("it made room").unwrap();
        assert!(taken.len() < 1 << 20, "{}", taken.len());
        sleep(10 * IDLE).await;
        assert!(hear(&mut third).await.ends_with("slow"));
    })
    .await;
}
