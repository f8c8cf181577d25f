//! A server of its own, for programs that have none.

use std::{
    borrow::Borrow,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, extract::ConnectInfo, http::Request};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};

use super::{Auth, router};
use crate::registry::Registry;

/// A client has so long to send a request's head.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// So much waits to be sent to one client.
const BUFFER: usize = 64 * 1024;

/// So many clients at a time; more wait to be accepted.
const CLIENTS: usize = 1_024;

/// Where to serve: a port alone is one of loopback, 127.0.0.1.
///
/// For `u16`, [`SocketAddr`], `(IpAddr, u16)`, and texts such as `"127.0.0.1:9090"`, `"[::1]:9090"`,
/// `"localhost:9090"` and `"9090"`.
pub trait ListenAt {
    /// The address.
    ///
    /// # Errors
    /// [`ServeError::Address`] for a text that is none.
    fn address(self) -> Result<SocketAddr, ServeError>;
}

impl ListenAt for u16 {
    fn address(self) -> Result<SocketAddr, ServeError> {
        Ok((Ipv4Addr::LOCALHOST, self).into())
    }
}

impl ListenAt for SocketAddr {
    fn address(self) -> Result<SocketAddr, ServeError> {
        Ok(self)
    }
}

impl<A: Into<IpAddr>> ListenAt for (A, u16) {
    fn address(self) -> Result<SocketAddr, ServeError> {
        Ok((self.0.into(), self.1).into())
    }
}

impl ListenAt for &str {
    fn address(self) -> Result<SocketAddr, ServeError> {
        let text = self.trim();
        let port = text.strip_prefix("localhost:").or(text.strip_prefix(':')).unwrap_or(text);
        if let Ok(port) = port.parse::<u16>() {
            return port.address();
        }
        text.parse().map_err(|_| ServeError::Address { given: self.to_owned() })
    }
}

impl ListenAt for String {
    fn address(self) -> Result<SocketAddr, ServeError> {
        self.as_str().address()
    }
}

/// Why the management API is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// A text is no address.
    #[error(
        "the management API cannot be served at `{given}`: it is no address; give a port, or an IP address and a port, such as `127.0.0.1:9090`"
    )]
    #[non_exhaustive]
    Address {
        /// The text.
        given: String,
    },
    /// An address that others can reach, for callers that need no token.
    #[error(
        "the management API cannot be served at {address} with `Auth::loopback_only()`: others can reach it there; serve it at 127.0.0.1 or ::1, or with `Auth::tokens`"
    )]
    #[non_exhaustive]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The operating system does not let the program listen there.
    #[error("the management API cannot be served at {address}: {source}")]
    #[non_exhaustive]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What it says.
        source: io::Error,
    },
}

/// Serves the management API at an address until the future is dropped, or for ever. A port alone is one
/// of loopback.
///
/// Dropped, it stops listening and closes the connections that there are. At most 1 024 clients are served
/// at a time, each with 10 seconds to send a request's head, and 10 for its body.
///
/// ```no_run
/// use cb_runtime::{admin::{self, Auth}, registry};
///
/// # async fn serve() {
/// tokio::spawn(admin::serve(9090, registry(), Auth::loopback_only()));
/// # }
/// ```
///
/// # Errors
/// [`ServeError`] for what is no address, for one that is not loopback with [`Auth::loopback_only`], and
/// for one where the program cannot listen.
pub async fn serve(
    address: impl ListenAt,
    registry: impl Borrow<Registry>,
    auth: Auth,
) -> Result<(), ServeError> {
    // Not held while it is served, so that the future is `Send` whatever it was given.
    let registry = registry.borrow().clone();
    let address = address.address()?;
    allowed(address, &auth)?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen { address, source })?;
    serve_on(listener, registry, auth).await
}

/// The same on a listener that is there already, such as one at port 0.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use cb_runtime::{Registry, admin::{self, Auth}};
///
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// println!("http://{}/status", listener.local_addr()?);
/// tokio::spawn(admin::serve_on(listener, Registry::new(), Auth::loopback_only()));
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
///
/// # Errors
/// [`ServeError`] where the listener is not on loopback with [`Auth::loopback_only`].
pub async fn serve_on(
    listener: TcpListener,
    registry: impl Borrow<Registry>,
    auth: Auth,
) -> Result<(), ServeError> {
    let registry = registry.borrow().clone();
    if let Ok(address) = listener.local_addr() {
        allowed(address, &auth)?;
    }
    accept(listener, router(registry, auth)).await;
    Ok(())
}

fn allowed(address: SocketAddr, auth: &Auth) -> Result<(), ServeError> {
    if auth.is_loopback_only() && !address.ip().to_canonical().is_loopback() {
        return Err(ServeError::NotLoopback { address });
    }
    Ok(())
}

async fn accept(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    // Dropped with this, which ends them.
    let mut clients = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = loop {
            tokio::select! {
                accepted = listener.accept() => break accepted,
                Some(_) = clients.join_next() => {}
            }
        };
        match accepted {
            Ok((stream, peer)) => {
                let router = router.clone();
                clients.spawn(async move {
                    client(stream, peer, router).await;
                    drop(place);
                });
            }
            Err(error) if is_of_one_client(&error) => {}
            // Most often there are too many open files: others may be closed meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn client(stream: TcpStream, peer: SocketAddr, router: Router) {
    // Events are small and not to wait for more. A socket that does not take this is served all the same.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
    });
    // The client may go away at any time, which is nobody's error.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
