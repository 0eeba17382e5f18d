//! Connections: served, and ended when told to stop.

use crate::face::Site;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const GET: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n";

#[tokio::test]
async fn told_to_stop_it_ends_and_leaves_no_connection_open() {
    let site = Site::open().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let serving = invigilator::http::serve(listener, site.router, tracker.clone(), stop.clone());
    let serving = tracker.spawn(serving);

    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(GET).await.unwrap();
    let mut head = [0; 15];
    client.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");

    // The client keeps its connection; it is ended all the same.
    stop.cancel();
    serving.await.unwrap();
    tracker.close();
    tracker.wait().await;
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"{\"status\":\"ok\"}\n"), "{rest:?}");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}
