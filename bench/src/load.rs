//! The load: a generator of HTTP/1.1 requests on one thread of its own. Closed loops say how much there can be, open loops
//! how long it takes: those send by a schedule, and count from it, so a slow answer does not keep later requests from being
//! late.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::LocalSet;

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// The text of the first field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let text = std::str::from_utf8(&self.body).ok()?;
        let (_, rest) = text.split_once(&format!("\"{name}\":\""))?;
        rest.split('"').next().map(str::to_owned)
    }

    /// The value of the cookie of that name that the answer sets.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let cookies = headers(&self.head, "set-cookie").filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        cookies.filter(|(other, _)| *other == name).map(|(_, value)| value.to_owned()).next()
    }

    /// Whether the body contains that text.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|bytes| bytes == text.as_bytes())
    }

    /// The whole answer, for a message.
    pub(crate) fn text(&self) -> String {
        format!("{}\n\n{}", self.head, String::from_utf8_lossy(&self.body))
    }

    /// The time after which the caller may try again.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        headers(&self.head, "retry-after").next()?.parse().ok().map(Duration::from_secs)
    }
}

/// The values of the headers of that name.
fn headers<'a>(head: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The body of an answer that begins with `bytes`, as soon as all of it is there: in chunks (RFC 9112, 7.1), or as long as
/// its header says.
fn body(head: &str, mut bytes: &[u8]) -> Option<Vec<u8>> {
    if !headers(head, "transfer-encoding").any(|coding| coding.eq_ignore_ascii_case("chunked")) {
        let length = headers(head, "content-length").next().map_or(0, |length| length.parse().unwrap());
        return bytes.get(..length).map(<[u8]>::to_vec);
    }
    let mut body = Vec::new();
    loop {
        let line = bytes.windows(2).position(|bytes| bytes == b"\r\n")?;
        let size = std::str::from_utf8(&bytes[..line]).unwrap().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        if size == 0 {
            // Trailers may follow, and an empty line does.
            return bytes[line..].windows(4).any(|bytes| bytes == b"\r\n\r\n").then_some(body);
        }
        body.extend_from_slice(bytes.get(line + 2..line + 2 + size)?);
        bytes = bytes.get(line + 2 + size + 2..)?;
    }
}

/// A keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(to: SocketAddr) -> Self {
        Self::try_open(to).await.unwrap()
    }

    /// The same of a server that may not listen yet.
    pub(crate) async fn try_open(to: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8_192) })
    }

    /// Sends a whole request and reads its answer, which must say its length or come in chunks.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> std::io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
            let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap();
            loop {
                if let Some(body) = body(&head, &self.buffer[end + 4..]) {
                    return Ok(Answer { status, head, body });
                }
                if self.stream.read_buf(&mut self.buffer).await? == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
    }
}

/// A request without a body, or with a JSON one.
pub(crate) fn request(method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let body = body.map_or_else(
        || "\r\n".to_owned(),
        |body| format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
    );
    format!("{method} {path} HTTP/1.1\r\nHost: bench\r\n{token}{body}").into_bytes()
}

/// Who asks: makes the next request, and is told its answer.
pub(crate) trait Caller: Send {
    fn next(&mut self) -> Vec<u8>;
    fn answered(&mut self, answer: &Answer);

    /// How long it waits after an answer, in a closed loop.
    fn pause(&self, _answer: &Answer) -> Duration {
        Duration::ZERO
    }
}

/// The same request again and again.
pub(crate) struct Same {
    pub(crate) request: Vec<u8>,
    pub(crate) expected: u16,
}

impl Caller for Same {
    fn next(&mut self) -> Vec<u8> {
        self.request.clone()
    }

    fn answered(&mut self, answer: &Answer) {
        assert_eq!(answer.status, self.expected, "{}", answer.head);
    }
}

/// Refreshes its session again and again.
pub(crate) struct Refreshing {
    pub(crate) token: String,
}

impl Caller for Refreshing {
    fn next(&mut self) -> Vec<u8> {
        request("POST", "/auth/refresh", None, Some(&format!("{{\"token\":\"{}\"}}", self.token)))
    }

    fn answered(&mut self, answer: &Answer) {
        assert_eq!(answer.status, 200, "{}", answer.head);
        self.token = answer.field("refreshToken").unwrap();
    }
}

/// Runs `work` on a thread of its own, and returns what it returns.
fn on_its_own_thread<T: Send + 'static>(work: impl AsyncFnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, work())
    });
    thread.join().unwrap()
}

/// How many answers a second the callers get, each on a connection of its own, as fast as they can.
pub(crate) fn closed_loop(to: SocketAddr, callers: Vec<Box<dyn Caller>>, measured: Duration) -> f64 {
    on_its_own_thread(async move || {
        let began = Instant::now();
        let each = |mut caller: Box<dyn Caller>| async move {
            let (mut connection, mut done) = (Connection::open(to).await, 0_u64);
            while began.elapsed() < measured {
                let answer = connection.exchange(&caller.next()).await.unwrap();
                caller.answered(&answer);
                done += 1;
                let pause = caller.pause(&answer);
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
            done
        };
        let tasks: Vec<_> = callers.into_iter().map(|caller| tokio::task::spawn_local(each(caller))).collect();
        let mut done = 0;
        for task in tasks {
            done += task.await.unwrap();
        }
        done as f64 / began.elapsed().as_secs_f64()
    })
}

/// What came of an open loop.
pub(crate) struct Scheduled {
    /// From schedule to answer, sorted, with the status.
    pub(crate) times: Vec<(Duration, u16)>,
    /// How many refusals there were that did not say when to try again.
    pub(crate) without_retry_after: usize,
}

impl Scheduled {
    /// How long it took at most, of so many in a thousand of the answers that `wanted` lets through.
    pub(crate) fn quantile(&self, per_mille: usize, wanted: impl Fn(u16) -> bool) -> Duration {
        let times: Vec<Duration> =
            self.times.iter().filter(|(_, status)| wanted(*status)).map(|(time, _)| *time).collect();
        times.get((times.len() * per_mille / 1_000).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    pub(crate) fn count(&self, wanted: impl Fn(u16) -> bool) -> usize {
        self.times.iter().filter(|(_, status)| wanted(*status)).count()
    }
}

/// Sends `rate` requests a second by schedule over as many connections as there are callers; those that find none free wait
/// for one, and their waiting counts.
pub(crate) fn open_loop(to: SocketAddr, callers: Vec<Box<dyn Caller>>, rate: f64, measured: Duration) -> Scheduled {
    on_its_own_thread(async move || {
        let mut connections = Vec::new();
        for caller in callers {
            connections.push((caller, Connection::open(to).await));
        }
        let schedule = Arc::<Schedule>::default();
        let tasks: Vec<_> = connections
            .into_iter()
            .map(|(caller, connection)| tokio::task::spawn_local(on_schedule(to, caller, connection, schedule.clone())))
            .collect();
        // Timers of tokio are a millisecond apart, more than most answers take.
        let running = Arc::clone(&schedule);
        std::thread::spawn(move || running.run(rate, measured));
        let mut scheduled = Scheduled { times: Vec::new(), without_retry_after: 0 };
        for task in tasks {
            let (times, without) = task.await.unwrap();
            scheduled.times.extend(times);
            scheduled.without_retry_after += without;
        }
        scheduled.times.sort_unstable();
        scheduled
    })
}

/// Calls `each` so many times a second, on this thread, with the moment that it was due.
pub(crate) fn at_rate(rate: f64, measured: Duration, mut each: impl FnMut(Instant)) {
    let began = Instant::now();
    for number in 0.. {
        let due = began + Duration::from_secs_f64(f64::from(number) / rate);
        if due.duration_since(began) >= measured {
            break;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        each(due);
    }
}

/// When requests are due.
#[derive(Default)]
struct Schedule {
    due: Mutex<VecDeque<Instant>>,
    over: AtomicBool,
    told: Notify,
}

impl Schedule {
    /// Makes requests due until `measured` has passed.
    fn run(&self, rate: f64, measured: Duration) {
        at_rate(rate, measured, |due| {
            self.due.lock().unwrap().push_back(due);
            self.told.notify_one();
        });
        self.over.store(true, Ordering::Release);
        self.told.notify_waiters();
        self.told.notify_one();
    }

    /// Waits for the next one that is due; `None` when all have been taken.
    async fn next(&self) -> Option<Instant> {
        loop {
            // Created first: what is told from now on wakes it.
            let told = self.told.notified();
            let over = self.over.load(Ordering::Acquire);
            let due = self.due.lock().unwrap().pop_front();
            if due.is_some() || over {
                return due;
            }
            told.await;
        }
    }
}

/// Sends what is due over one connection. Returns the time of each with its status, and how many refusals did not say when
/// to try again.
async fn on_schedule(
    to: SocketAddr,
    mut caller: Box<dyn Caller>,
    mut connection: Connection,
    schedule: Arc<Schedule>,
) -> (Vec<(Duration, u16)>, usize) {
    let (mut times, mut without_retry_after) = (Vec::new(), 0);
    while let Some(due) = schedule.next().await {
        let request = caller.next();
        let answer = match connection.exchange(&request).await {
            Ok(answer) => answer,
            // Idle for so long that the service closed it; opening another one counts.
            Err(_) => {
                connection = Connection::open(to).await;
                connection.exchange(&request).await.unwrap()
            }
        };
        caller.answered(&answer);
        without_retry_after += usize::from(answer.status >= 400 && answer.retry_after().is_none());
        times.push((due.elapsed(), answer.status));
    }
    (times, without_retry_after)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_body_in_chunks_is_whole_after_the_last_one() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked";
        let (bytes, trailed) = (b"4\r\nab\r\n\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", b"1\r\na\r\n0\r\nx: y\r\n\r\n");
        assert_eq!(super::body(head, bytes).unwrap(), b"ab\r\n0123456789");
        assert_eq!(super::body(head, trailed).unwrap(), b"a");
        for there in 0..bytes.len() {
            assert_eq!(super::body(head, &bytes[..there]), None, "{there}");
        }
        assert_eq!(super::body("HTTP/1.1 200 OK\r\ncontent-length: 2", b"a"), None);
        assert_eq!(super::body("HTTP/1.1 200 OK\r\ncontent-length: 2", b"ab").unwrap(), b"ab");
        assert_eq!(super::body("HTTP/1.1 204 No Content", b"").unwrap(), b"");
    }
}
