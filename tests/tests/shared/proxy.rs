//! A way to Redis that can be made slow, and cut.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

pub(crate) struct Proxy {
    address: SocketAddr,
    way: Arc<Way>,
}

struct Way {
    to: SocketAddr,
    /// In milliseconds, for each piece.
    delay: AtomicU64,
    /// Nobody is let in.
    is_cut: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    pub(crate) fn new(to: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(Way {
            to,
            delay: AtomicU64::new(0),
            is_cut: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let ways = Arc::clone(&way);
        // Ends with the test's process.
        thread::spawn(move || {
            for from in listener.incoming().flatten() {
                ways.pass(from);
            }
        });
        Self { address, way }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Each piece takes so much longer.
    pub(crate) fn slow_down(&self, delay: Duration) {
        self.way.delay.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Cuts what is there, and lets new ones in or not.
    pub(crate) fn cut(&self, stays: bool) {
        self.way.is_cut.store(stays, Ordering::Relaxed);
        for stream in self.way.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn mend(&self) {
        self.way.is_cut.store(false, Ordering::Relaxed);
    }
}

impl Way {
    fn pass(self: &Arc<Self>, from: TcpStream) {
        if self.is_cut.load(Ordering::Relaxed) {
            return;
        }
        let Ok(to) = TcpStream::connect(self.to) else { return };
        for stream in [&from, &to] {
            let _ = stream.set_nodelay(true);
            self.open.lock().unwrap().push(stream.try_clone().unwrap());
        }
        let both = [(from.try_clone().unwrap(), to.try_clone().unwrap()), (to, from)];
        for (mut from, mut to) in both {
            let way = Arc::clone(self);
            thread::spawn(move || {
                let mut piece = [0; 16_384];
                while let Ok(length) = from.read(&mut piece) {
                    let delay = Duration::from_millis(way.delay.load(Ordering::Relaxed));
                    if !delay.is_zero() {
                        thread::sleep(delay);
                    }
                    if length == 0 || to.write_all(&piece[..length]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(Shutdown::Both);
            });
        }
    }
}
