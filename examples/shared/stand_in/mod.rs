//! Servers of this process, for computers that have none: they speak enough of the protocol for the examples,
//! and can be killed as real ones.

pub mod postgres;
pub mod redis;

use std::{
    io,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// Ends with the value.
pub struct StandIn {
    address: SocketAddr,
    url: fn(SocketAddr) -> String,
    make: Box<Make>,
    listening: Option<Listening>,
}

/// Serves one connection until it is closed.
type Serve = dyn Fn(TcpStream) -> io::Result<()> + Send + Sync;

/// Makes a server anew at each start, with all that it forgets when it is killed.
type Make = dyn Fn() -> Arc<Serve> + Send;

struct Listening {
    open: Arc<Open>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Open {
    is_over: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

impl StandIn {
    fn start(
        url: fn(SocketAddr) -> String,
        make: impl Fn() -> Arc<Serve> + Send + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let listening = Some(Listening::on(listener, make()));
        Ok(Self { address, url, make: Box::new(make), listening })
    }

    /// For clients.
    pub fn url(&self) -> String {
        (self.url)(self.address)
    }

    /// Closes its port and all connections at once.
    pub fn kill(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.end(self.address);
        }
    }

    /// Starts one that was killed, at the same address.
    ///
    /// # Errors
    /// Where the port has been taken by somebody else.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.kill();
        let listener = TcpListener::bind(self.address)?;
        self.listening = Some(Listening::on(listener, (self.make)()));
        Ok(())
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Listening {
    fn on(listener: TcpListener, serve: Arc<Serve>) -> Self {
        let open = Arc::<Open>::default();
        let here = Arc::clone(&open);
        let thread = thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if here.is_over.load(Ordering::Acquire) {
                    return;
                }
                // Answers are small, and waited for.
                let _ = connection.set_nodelay(true);
                let Ok(known) = connection.try_clone() else { continue };
                here.connections.lock().unwrap_or_else(PoisonError::into_inner).push(known);
                let serve = Arc::clone(&serve);
                // What it ends in is the client's business: it sees the connection closed.
                thread::spawn(move || serve(connection));
            }
        });
        Self { open, thread }
    }

    fn end(self, address: SocketAddr) {
        self.open.is_over.store(true, Ordering::Release);
        // It waits for a connection: here is one.
        let _ = TcpStream::connect(address);
        let _ = self.thread.join();
        let connections = self.open.connections.lock().unwrap_or_else(PoisonError::into_inner);
        for connection in connections.iter() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}
