//! What stands in for PostgreSQL: it takes statements with texts as parameters, and answers `SELECT` with
//! rows of one text. What a statement means, a function says.

use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Write},
    net::TcpStream,
    sync::Arc,
};

use super::StandIn;

/// One in whose place this function answers: with a statement and its parameters, it comes up with rows.
///
/// # Errors
/// Where there is no port.
pub fn start(
    rows: impl Fn(&str, &[String]) -> Vec<String> + Send + Sync + 'static,
) -> io::Result<StandIn> {
    let rows: Arc<Rows> = Arc::new(rows);
    let url = |address| format!("postgres://postgres@{address}/postgres");
    StandIn::start(url, move || {
        let rows = Arc::clone(&rows);
        Arc::new(move |connection| Session::new(connection, Arc::clone(&rows))?.serve())
    })
}

type Rows = dyn Fn(&str, &[String]) -> Vec<String> + Send + Sync;

/// A request for encryption, in the place of a version.
const ENCRYPT: u32 = 80_877_103;
/// The type `text`.
const TEXT: u32 = 25;

struct Session {
    requests: BufReader<TcpStream>,
    answers: TcpStream,
    rows: Arc<Rows>,
    statements: HashMap<String, String>,
    /// The statement that is to be executed, and its parameters.
    bound: (String, Vec<String>),
}

impl Session {
    fn new(connection: TcpStream, rows: Arc<Rows>) -> io::Result<Self> {
        let requests = BufReader::new(connection.try_clone()?);
        let (statements, bound) = Default::default();
        Ok(Self { requests, answers: connection, rows, statements, bound })
    }

    fn serve(&mut self) -> io::Result<()> {
        while self.message()?.number()? == ENCRYPT {
            self.answers.write_all(b"N")?;
        }
        self.say(b'R', &0_u32.to_be_bytes())?; // no password is asked for
        self.ready()?;
        loop {
            let mut kind = [0];
            self.requests.read_exact(&mut kind)?;
            let body = self.message()?;
            match kind[0] {
                b'Q' => {
                    let statement = body.clone().text()?;
                    (self.rows)(&statement, &[]);
                    self.say(b'C', b"OK\0")?;
                    self.ready()?;
                }
                b'P' => self.parse(body)?,
                b'D' => self.describe(body)?,
                b'B' => self.bind(body)?,
                b'E' => self.execute()?,
                b'C' => self.say(b'3', &[])?,
                b'S' => self.ready()?,
                b'X' => return Ok(()),
                _ => {}
            }
        }
    }

    fn parse(&mut self, mut body: Body) -> io::Result<()> {
        let name = body.text()?;
        self.statements.insert(name, body.text()?);
        self.say(b'1', &[])
    }

    fn describe(&mut self, mut body: Body) -> io::Result<()> {
        body.take(1)?; // a statement; clients of tokio's ask for nothing else
        let statement = self.statement(&body.text()?);
        let parameters = (1..=9).filter(|n| statement.contains(&format!("${n}"))).count();
        let mut types = short(parameters);
        types.extend(TEXT.to_be_bytes().repeat(parameters));
        self.say(b't', &types)?;
        if !is_question(&statement) {
            return self.say(b'n', &[]);
        }
        let mut columns = short(1);
        columns.extend(b"text\0");
        columns.extend([0; 6]); // of no table
        columns.extend(TEXT.to_be_bytes());
        columns.extend([0xff; 6]); // of any length
        columns.extend([0; 2]);
        self.say(b'T', &columns)
    }

    fn bind(&mut self, mut body: Body) -> io::Result<()> {
        body.text()?;
        let statement = self.statement(&body.text()?);
        let formats = body.short()?;
        body.take(2 * formats)?;
        let parameters = (0..body.short()?)
            .map(|_| {
                let length = body.number()?;
                let text = body.take(usize::try_from(length).unwrap_or_default())?;
                Ok(String::from_utf8_lossy(&text).into_owned())
            })
            .collect::<io::Result<_>>()?;
        self.bound = (statement, parameters);
        self.say(b'2', &[])
    }

    fn execute(&mut self) -> io::Result<()> {
        let (statement, parameters) = &self.bound;
        let rows = (self.rows)(statement, parameters);
        let done = if is_question(statement) { "SELECT" } else { "INSERT 0" };
        for row in &rows {
            let mut body = short(1);
            body.extend(u32::try_from(row.len()).unwrap_or_default().to_be_bytes());
            body.extend(row.as_bytes());
            self.say(b'D', &body)?;
        }
        self.say(b'C', format!("{done} {}\0", rows.len()).as_bytes())
    }

    fn statement(&self, name: &str) -> String {
        self.statements.get(name).cloned().unwrap_or_default()
    }

    fn ready(&mut self) -> io::Result<()> {
        self.say(b'Z', b"I")
    }

    /// Kind, length with itself, body.
    fn say(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
        self.answers.write_all(&[&[kind], &length.to_be_bytes()[..], body].concat())
    }

    fn message(&mut self) -> io::Result<Body> {
        let mut length = [0; 4];
        self.requests.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length).saturating_sub(4);
        let mut body = vec![0; usize::try_from(length).unwrap_or_default()];
        self.requests.read_exact(&mut body)?;
        Ok(Body(body))
    }
}

fn is_question(statement: &str) -> bool {
    statement.trim_start().starts_with("SELECT")
}

fn short(number: usize) -> Vec<u8> {
    u16::try_from(number).unwrap_or_default().to_be_bytes().to_vec()
}

/// What is left of a message.
#[derive(Clone)]
struct Body(Vec<u8>);

impl Body {
    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if length > self.0.len() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let rest = self.0.split_off(length);
        Ok(std::mem::replace(&mut self.0, rest))
    }

    fn number(&mut self) -> io::Result<u32> {
        self.take(4)
            .map(|bytes| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    fn short(&mut self) -> io::Result<usize> {
        self.take(2).map(|bytes| usize::from(bytes[0]) << 8 | usize::from(bytes[1]))
    }

    /// Up to a zero.
    fn text(&mut self) -> io::Result<String> {
        let end = self.0.iter().position(|byte| *byte == 0);
        let text = self.take(end.ok_or(io::ErrorKind::InvalidData)?)?;
        self.take(1)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
