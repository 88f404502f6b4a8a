//! Connections in virtual time: the whole of actix-http between a caller in memory and a small application.

use actix_service::map_config;
use actix_web::web::{self, Bytes, Payload};
use actix_web::{App, HttpResponse};
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::connection::{HEAD, IDLE, STALLED};

const SECOND: Duration = Duration::from_secs(1);
const REQUEST: &[u8] = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n";

/// Opens a connection to an application that answers at once, late, bit by bit, or without reading the body.
async fn connect() -> DuplexStream {
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
        .route("/unread", web::post().to(async || HttpResponse::Ok().body("unread")));
    let app = app.into_factory().map_err(Response::from);
    let app = map_config(app, |()| AppConfig::default());
    let service = http(app, Server::build().graceful_shutdown_signal()).new_service(()).await.unwrap();
    let (caller, stream) = duplex(4096);
    let connection = service.call((BoundedStream::new(stream), Protocol::Http1, None));
    tokio::task::spawn_local(async move {
        let _ended_either_way = connection.await;
    });
    caller
}

/// Reads until the other side is silent for a second; answers the text, without its date.
async fn hear(caller: &mut DuplexStream) -> String {
    let mut bytes = Vec::new();
    while let Ok(read) = timeout(SECOND, caller.read_buf(&mut bytes)).await {
        assert_ne!(read.unwrap(), 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
    }
    String::from_utf8(bytes).unwrap()
}

/// Waits for the end of the connection, before which not a byte may come; answers how long that took.
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
        // What came of the fourth came in time, so far as anybody knows.
        caller.write_all(&REQUEST[10..]).await.unwrap();
        assert!(hear(&mut caller).await.ends_with("quick"));
    })
    .await;
}

#[tokio::test]
async fn a_body_that_nobody_reads_holds_no_connection() {
    in_virtual_time(async {
        let head = b"POST /unread HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n";
        let mut caller = connect().await;
        caller.write_all(head).await.unwrap();
        assert!(hear(&mut caller).await.ends_with("unread"));
        assert_about(closed_silently(&mut caller).await, IDLE);

        let mut caller = connect().await;
        caller.write_all(head).await.unwrap();
        assert!(hear(&mut caller).await.ends_with("unread"));
        let began = Instant::now();
        while caller.write_all(b"1\r\na\r\n").await.is_ok() {
            assert!(began.elapsed() < 2 * HEAD, "still open");
            sleep(SECOND / 10).await;
        }
        assert_about(began.elapsed(), HEAD);
    })
    .await;
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
    let mut stream = BoundedStream::new(tokio::io::join(tokio::io::repeat(b'a'), tokio::io::sink()));
    let mut bytes = [0; 10];
    sleep(IDLE / 2).await;
    for pause in [SECOND, HEAD - 2 * SECOND] {
        sleep(pause).await;
        assert_eq!(stream.read(&mut bytes).await.unwrap(), 10);
    }
    sleep(3 * SECOND).await;
    assert_eq!(stream.read(&mut bytes).await.unwrap(), 0);
}

/// What is no HTTP, or too much of it, actix-http answers by itself: no hook of it sees that answer, so it has no envelope
/// and no request id. `docs/operations.md` says so. The connection ends with it.
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
