//! Serves an application on a listener. `actix_web::HttpServer` does the same, but allows nothing between actix-http
//! and the connections that it accepts, which is where [`connection`](crate::connection) must be.

use std::fmt::Debug;
use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol, Request, Response};
use actix_server::{GracefulShutdownSignal, Server, ServerBuilder};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory, fn_service, map_config,
};
use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::connection::{BoundedStream, Progress};
use crate::connections::Connections;
use crate::held_body::{AnswerBody, HeldBody};

/// How long a connection that is about to close is read on, so that its caller receives the answer before the reset.
const LINGER: Duration = Duration::from_secs(1);

/// How many connections beyond the maximum a listener may accept: those that are told to close need a moment.
pub const LEAVING: usize = 64;

/// Prepares to serve the callers of `listener` with what `factory` creates: one application for each worker.
///
/// # Errors
///
/// When the listener cannot be used.
pub fn listen<F, I, S, B>(
    listener: TcpListener,
    workers: usize,
    connections: &Connections,
    factory: F,
) -> io::Result<ServerBuilder>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let builder = Server::build().workers(workers);
    let builder = builder.max_concurrent_connections((connections.most() + LEAVING).div_ceil(workers));
    let (stopping, connections) = (builder.graceful_shutdown_signal(), connections.clone());
    builder.listen("http", listener, move || {
        let app = factory().into_factory().map_err(|error| Response::from(error.into() as Error));
        // Host and address, for applications that ask for them; this one does not.
        let app = map_config(app, |()| AppConfig::default());
        let connections = connections.clone();
        fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            let admitted = connections.admit(peer.map(|peer| peer.ip())).map_err(DispatchError::from);
            ready(admitted.map(|admission| (BoundedStream::new(stream, admission), Protocol::Http1, peer)))
        })
        .and_then(http(app, stopping.clone()))
    })
}

/// Serves HTTP/1.1 over bounded streams. [`BoundedStream`] sets every deadline of a connection, and actix-http none.
fn http<T, S, B>(
    app: S,
    stopping: GracefulShutdownSignal,
) -> impl ServiceFactory<Connection<T>, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    S: ServiceFactory<Request, Config = (), Error = Response<BoxBody>> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let app = apply_fn_factory(app, |mut request: Request, app: &S::Service| {
        let progress = request.conn_data::<Rc<Progress>>().cloned();
        let answering = progress.as_ref().map(Progress::answer);
        let held = HeldBody::of(&mut request, progress);
        let answer = app.call(request);
        async move {
            let answer = match answer.await {
                Ok(answer) => answer.into().map_into_boxed_body(),
                Err(answer) => answer,
            };
            Ok::<_, Response<BoxBody>>(answer.map_body(|_, body| AnswerBody::new(body, answering, held)))
        }
    });
    HttpService::build()
        // Undocumented, but what `HttpServer` uses: connections without a request close when the server stops.
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(LINGER)
        .on_connect_ext(|stream: &BoundedStream<T>, data| {
            data.insert(Rc::clone(stream.progress()));
        })
        .finish(app)
}

/// The connection that [`HttpService`] serves.
type Connection<T> = (BoundedStream<T>, Protocol, Option<SocketAddr>);

#[cfg(test)]
mod tests;
