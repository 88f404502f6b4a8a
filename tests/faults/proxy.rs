//! A TCP proxy in front of PostgreSQL that can go silent, as a frozen host or a middlebox does: what is sent is
//! acknowledged by a kernel, and nobody answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// What the proxy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Passes everything on.
    Forward,
    /// Passes nothing on.
    Silent,
    /// Passes on what new connections send, and nothing of those that there were.
    HalfDead,
}

/// The proxy; it ends with this process.
pub struct Proxy {
    near: u16,
    far: u16,
    /// The mode, and which connections are old: those with a smaller number.
    mode: watch::Sender<(Mode, u64)>,
    delay_micros: Arc<AtomicU64>,
}

impl Proxy {
    /// Listens, and leads to that loopback port.
    pub async fn start(far: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let near = listener.local_addr().expect("an address").port();
        let (mode, delay_micros) = (watch::Sender::new((Mode::Forward, 0)), Arc::<AtomicU64>::default());
        let (modes, delay) = (mode.subscribe(), Arc::clone(&delay_micros));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(stream, far, modes.clone(), Arc::clone(&delay)));
            }
        });
        Self { near, far, mode, delay_micros }
    }

    /// The loopback port that it listens on.
    pub fn port(&self) -> u16 {
        self.near
    }

    /// The URL through here.
    pub fn url(&self, direct: &str) -> String {
        direct.replace(&format!(":{}/", self.far), &format!(":{}/", self.near))
    }

    /// Changes what it does; connections that there are now are old.
    pub fn set(&self, mode: Mode) {
        self.mode.send_modify(|(known, epoch)| (*known, *epoch) = (mode, *epoch + 1));
    }

    /// Everything takes so long from now on, in each direction.
    pub fn delay(&self, way: Duration) {
        self.delay_micros.store(u64::try_from(way.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

async fn pass_on(near: TcpStream, far: u16, modes: watch::Receiver<(Mode, u64)>, delay: Arc<AtomicU64>) {
    let epoch = modes.borrow().1;
    let is_open = move |(mode, now): &(Mode, u64)| match mode {
        Mode::Forward => true,
        Mode::Silent => false,
        Mode::HalfDead => *now == epoch,
    };
    if modes.clone().wait_for(is_open).await.is_err() {
        return;
    }
    let Ok(far) = TcpStream::connect(("127.0.0.1", far)).await else { return };
    let (near_reader, near_writer) = split(near);
    let (far_reader, far_writer) = split(far);
    tokio::join!(
        pump(near_reader, far_writer, modes.clone(), is_open, &delay),
        pump(far_reader, near_writer, modes.clone(), is_open, &delay),
    );
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut modes: watch::Receiver<(Mode, u64)>,
    is_open: impl Fn(&(Mode, u64)) -> bool,
    delay: &AtomicU64,
) {
    let (sender, mut receiver) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let reading = async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let due = Instant::now() + Duration::from_micros(delay.load(Ordering::Relaxed));
            if sender.send((due, buffer[..length].to_vec())).is_err() {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((due, bytes)) = receiver.recv().await {
            sleep_until(due).await;
            if modes.wait_for(&is_open).await.is_err() || to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _already_closed = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}
