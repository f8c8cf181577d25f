//! What stands in for Redis: texts under keys that expire.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Write},
    net::TcpStream,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::StandIn;

/// By key, and until when.
type Kept = HashMap<Vec<u8>, (Vec<u8>, Instant)>;

/// One that knows `GET`, `PSETEX`, `SETEX` and `PING`, and forgets everything when it is killed.
///
/// # Errors
/// Where there is no port.
pub fn start() -> io::Result<StandIn> {
    let url = |address| format!("redis://{address}");
    StandIn::start(url, || {
        let kept = Mutex::<Kept>::default();
        Arc::new(move |connection| {
            let mut commands = BufReader::new(connection.try_clone()?);
            serve(&kept, &mut commands, connection)
        })
    })
}

fn serve(
    kept: &Mutex<Kept>,
    commands: &mut impl BufRead,
    mut answers: TcpStream,
) -> io::Result<()> {
    loop {
        let command = read(commands)?;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answer(&mut kept, &command);
        drop(kept);
        answers.write_all(&answer)?;
    }
}

/// A command is an array of texts: `*2`, `$3`, `GET`, `$1`, `a`, each in a line of its own.
fn read(commands: &mut impl BufRead) -> io::Result<Vec<Vec<u8>>> {
    let parts = number(commands)?;
    (0..parts)
        .map(|_| {
            let mut part = vec![0; number(commands)? + 2];
            commands.read_exact(&mut part)?;
            part.truncate(part.len() - 2);
            Ok(part)
        })
        .collect()
}

fn number(commands: &mut impl BufRead) -> io::Result<usize> {
    let mut line = String::new();
    commands.read_line(&mut line)?;
    // Nothing at the end of the connection.
    let number = line.trim_end().get(1..).unwrap_or_default();
    number.parse().map_err(|_| io::ErrorKind::InvalidData.into())
}

fn answer(kept: &mut Kept, command: &[Vec<u8>]) -> Vec<u8> {
    let name = command.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
    match (&*name, command) {
        (b"GET", [_, key]) => match kept.get(key) {
            Some((value, until)) if *until > Instant::now() => bulk(value),
            _ => b"$-1\r\n".to_vec(),
        },
        (b"PSETEX" | b"SETEX", [_, key, time, value]) => {
            let Some(time) = str::from_utf8(time).ok().and_then(|time| time.parse().ok()) else {
                return b"-ERR value is not an integer or out of range\r\n".to_vec();
            };
            let time = match &*name {
                b"SETEX" => Duration::from_secs(time),
                _ => Duration::from_millis(time),
            };
            kept.insert(key.clone(), (value.clone(), Instant::now() + time));
            b"+OK\r\n".to_vec()
        }
        (b"PING", _) => b"+PONG\r\n".to_vec(),
        // Clients introduce themselves.
        (b"CLIENT", _) => b"+OK\r\n".to_vec(),
        _ => b"-ERR unknown command\r\n".to_vec(),
    }
}

fn bulk(value: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", value.len()).as_bytes(), value, b"\r\n"].concat()
}
