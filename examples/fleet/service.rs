//! The service: it answers, or it does not.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    inside: Arc<Inside>,
}

struct Inside {
    is_well: AtomicBool,
    calls: AtomicU32,
}

impl Service {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let inside = Arc::new(Inside { is_well: AtomicBool::new(true), calls: AtomicU32::new(0) });
        let service = Self { address, inside: Arc::clone(&inside) };
        thread::spawn(move || {
            for mut call in listener.incoming().flatten() {
                inside.calls.fetch_add(1, Ordering::Relaxed);
                if inside.is_well.load(Ordering::Relaxed) {
                    let _ = call.write_all(b"43");
                }
            }
        });
        Ok(service)
    }

    pub(crate) fn set_well(&self, is_well: bool) {
        self.inside.is_well.store(is_well, Ordering::Relaxed);
    }

    /// The calls since this was last asked.
    pub(crate) fn take_calls(&self) -> u32 {
        self.inside.calls.swap(0, Ordering::Relaxed)
    }
}
