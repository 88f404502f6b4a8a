//! A proxy in front of PostgreSQL that counts round trips and knows the statements of each: it reads what the service sends
//! (PostgreSQL's manual, "Message Formats"), and passes everything on as it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::Instant;

/// The texts of what was sent at once, in order.
pub type RoundTrip = Vec<String>;

/// The proxy; it ends with the test's runtime.
pub struct DatabaseProxy {
    /// The URL of the database, through here.
    pub url: String,
    trips: Arc<Mutex<Vec<RoundTrip>>>,
}

impl DatabaseProxy {
    /// Listens, and leads to the database at `url`, which names its port.
    pub async fn start(url: &str) -> Self {
        Self::delayed(url, Duration::ZERO).await
    }

    /// The same with a database that is far away: each way takes so long.
    pub async fn delayed(url: &str, way: Duration) -> Self {
        let port = url.rsplit(':').next().unwrap().split('/').next().unwrap();
        let far: u16 = port.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = listener.local_addr().unwrap().port().to_string();
        let trips = Arc::<Mutex<Vec<RoundTrip>>>::default();
        let told = Arc::clone(&trips);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let trips = Arc::clone(&told);
                tokio::spawn(async move {
                    pass_on(stream, TcpStream::connect(("127.0.0.1", far)).await?, &trips, way).await
                });
            }
        });
        Self { url: url.replace(port, &near), trips }
    }

    /// How many round trips there were so far.
    pub fn count(&self) -> usize {
        self.trips.lock().unwrap().len()
    }

    /// Those after the first `count`.
    pub fn after(&self, count: usize) -> Vec<RoundTrip> {
        self.trips.lock().unwrap()[count..].to_vec()
    }
}

/// A round trip is all that is sent until the server answers.
async fn pass_on(near: TcpStream, far: TcpStream, trips: &Mutex<Vec<RoundTrip>>, way: Duration) -> std::io::Result<()> {
    // Or the kernel would hold back what follows a packet that is not acknowledged yet, for up to 40 ms.
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let ((mut near, to_near), (mut far, to_far)) = (near.into_split(), far.into_split());
    let (to_near, to_far) = (later(to_near), later(to_far));
    let (mut sent, mut received) = ([0; 16_384], [0; 16_384]);
    let (mut messages, mut trip) = (Messages::default(), None);
    loop {
        let (bytes, to) = tokio::select! {
            length = near.read(&mut sent) => {
                let bytes = &sent[..length?];
                let statements = messages.read(bytes);
                let index = *trip.get_or_insert_with(|| begin(trips));
                trips.lock().unwrap()[index].extend(statements);
                (bytes, &to_far)
            }
            length = far.read(&mut received) => {
                trip = None;
                (&received[..length?], &to_near)
            }
        };
        if bytes.is_empty() || to.send((Instant::now() + way, bytes.to_vec())).is_err() {
            return Ok(());
        }
    }
}

/// Writes each packet when it is due. Packets are on the way at the same time, as they are on a long line.
fn later(mut to: OwnedWriteHalf) -> UnboundedSender<(Instant, Vec<u8>)> {
    let (packets, mut on_the_way) = unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((due, bytes)) = on_the_way.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    packets
}

fn begin(trips: &Mutex<Vec<RoundTrip>>) -> usize {
    let mut trips = trips.lock().unwrap();
    trips.push(Vec::new());
    trips.len() - 1
}

/// What a client sends: a message without a type, then those with one.
#[derive(Default)]
struct Messages {
    bytes: Vec<u8>,
    has_begun: bool,
    prepared: HashMap<Vec<u8>, String>,
}

impl Messages {
    /// Reads on; returns the statements that are asked for in what is complete: parsed, run as they are, or by name.
    fn read(&mut self, bytes: &[u8]) -> Vec<String> {
        self.bytes.extend(bytes);
        let mut statements = Vec::new();
        loop {
            let kind = usize::from(self.has_begun);
            let Some(length) = self.bytes.get(kind..kind + 4) else { return statements };
            let end = kind + u32::from_be_bytes(length.try_into().unwrap()) as usize;
            if self.bytes.len() < end {
                return statements;
            }
            let message: Vec<u8> = self.bytes.drain(..end).collect();
            if self.has_begun {
                statements.extend(self.statement(message[0], &message[5..]));
            }
            self.has_begun = true;
        }
    }

    fn statement(&mut self, kind: u8, body: &[u8]) -> Option<String> {
        let mut fields = body.split(|byte| *byte == 0);
        let first = fields.next().unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match kind {
            b'Q' => Some(text(first)),
            b'P' => {
                let statement = text(fields.next()?);
                self.prepared.insert(first.to_vec(), statement.clone());
                Some(format!("PREPARE {statement}"))
            }
            b'B' => self.prepared.get(fields.next()?).cloned(),
            _ => None,
        }
    }
}
