//! Connections: how many, how long, and how they end.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Open connections at once; more wait in the listener's queue.
const CONNECTIONS: usize = 512;
/// The longest a client may take over its request's head, and an idle connection over its next one.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// The longest that requests under way may take to finish once we are told to stop.
const DRAIN_TIME: Duration = Duration::from_secs(10);
/// How long to wait when the system has no more file descriptors: others will be closed.
const PAUSE_AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// Serves until told to stop, then finishes what is under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tracker: TaskTracker,
    stop: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    // Cancelled once the time for finishing is over; connections that last are dropped then.
    let overdue = CancellationToken::new();
    while let Some(accepted) = stop.run_until_cancelled(accept(&listener, &room)).await {
        let Some((stream, place)) = accepted else { continue };
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        let overdue = overdue.clone();
        tracker.spawn(async move {
            if let Some(Err(error)) = overdue.run_until_cancelled(connection).await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish within {DRAIN_TIME:?}; they are dropped");
    }
    overdue.cancel();
}

/// The next connection and its place among those allowed; `None` when there was none to take after all.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "failed to accept a connection");
            tokio::time::sleep(PAUSE_AFTER_FAILED_ACCEPT).await;
            None
        }
    }
}
