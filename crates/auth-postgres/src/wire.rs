//! Reads the SQLSTATE of errors from what a server sends, because the driver does not pass it on. Everything else
//! passes unread.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use auth_store::{SqlState, SqlStates};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// How much of an error is kept: its code comes early.
const MOST_OF_AN_ERROR: usize = 4_096;
const ERROR_RESPONSE: u8 = b'E';
const CODE: u8 = b'C';

/// Follows the messages of a server (PostgreSQL's manual, "Message Formats"): a type, a length, and that many bytes.
#[derive(Default)]
struct Messages {
    header: Vec<u8>,
    /// How many bytes of the message are still to come.
    rest: usize,
    /// What has arrived of an error.
    error: Option<Vec<u8>>,
}

impl Messages {
    /// Reads on, and reports the code of each error that ends in `bytes`.
    fn read(&mut self, mut bytes: &[u8], mut tell: impl FnMut(SqlState)) {
        while !bytes.is_empty() {
            if self.rest == 0 {
                let (header, after) = bytes.split_at(bytes.len().min(5 - self.header.len()));
                self.header.extend(header);
                bytes = after;
                if let [kind, length @ ..] = self.header.as_slice()
                    && let Ok(length) = <[u8; 4]>::try_from(length)
                {
                    self.error = (*kind == ERROR_RESPONSE).then(Vec::new);
                    // The length includes itself.
                    self.rest = (u32::from_be_bytes(length) as usize).saturating_sub(4);
                    self.header.clear();
                }
                continue;
            }
            let (body, after) = bytes.split_at(bytes.len().min(self.rest));
            (self.rest, bytes) = (self.rest - body.len(), after);
            if let Some(error) = &mut self.error {
                error.extend(body.iter().take(MOST_OF_AN_ERROR - error.len()));
                if self.rest == 0
                    && let Some(code) = sqlstate(error)
                {
                    tell(code);
                }
            }
        }
    }
}

/// Returns the SQLSTATE among the fields of an error: a letter and a text each, terminated by a zero.
fn sqlstate(error: &[u8]) -> Option<SqlState> {
    let mut fields = error.split(|byte| *byte == 0);
    fields.find_map(|field| field.strip_prefix(&[CODE]).and_then(|code| SqlState::try_from(code).ok()))
}

/// A stream from a server, whose messages are read.
pub(crate) struct Observed<S> {
    stream: S,
    messages: Messages,
    sqlstates: SqlStates,
}

impl<S> Observed<S> {
    pub(crate) fn new(stream: S, sqlstates: SqlStates) -> Self {
        Self { stream, messages: Messages::default(), sqlstates }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Observed<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        this.messages.read(&buf.filled()[before..], |code| this.sqlstates.note(code));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Observed<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Observed<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

/// TLS whose decrypted side is read.
pub(crate) struct ObservedTls<T> {
    pub(crate) tls: T,
    pub(crate) sqlstates: SqlStates,
}

impl<S, T> TlsConnect<S> for ObservedTls<T>
where
    T: TlsConnect<S, Stream: Unpin + 'static, Future: Send + 'static>,
{
    type Stream = Observed<T::Stream>;
    type Error = T::Error;
    type Future = BoxFuture<'static, Result<Self::Stream, Self::Error>>;

    fn connect(self, stream: S) -> Self::Future {
        let Self { tls, sqlstates } = self;
        tls.connect(stream).map(|stream| Ok(Observed::new(stream?, sqlstates))).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    fn error(code: &str) -> Vec<u8> {
        message(ERROR_RESPONSE, format!("SFEHLER\0VERROR\0C{code}\0MVerklemmung entdeckt\0\0").as_bytes())
    }

    fn codes<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<SqlState> {
        let (mut messages, mut codes) = (Messages::default(), Vec::new());
        pieces.for_each(|bytes| messages.read(bytes, |code| codes.push(code)));
        codes
    }

    #[test]
    fn the_code_of_each_error_is_found_however_its_bytes_arrive() {
        let stream = [message(b'T', &[7; 300]), error("40P01"), message(b'Z', b"I"), error("25006")].concat();
        for pieces in [1, 2, 3, 7, 64, stream.len()] {
            assert_eq!(codes(stream.chunks(pieces)), [*b"40P01", *b"25006"], "{pieces} at a time");
        }
    }

    #[test]
    fn what_is_no_error_has_no_code_and_a_large_one_is_cut() {
        let codes_of = |message: Vec<u8>| codes([message.as_slice()].into_iter());
        assert!(codes_of(message(b'D', b"C40P01\0")).is_empty());
        assert!(codes_of(message(ERROR_RESPONSE, b"")).is_empty());
        let mut large = b"SERROR\0C53100\0M".to_vec();
        large.extend([b'x'; 100_000]);
        assert_eq!(codes_of(message(ERROR_RESPONSE, &large)), [*b"53100"]);
    }
}
