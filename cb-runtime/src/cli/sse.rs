//! Server-sent events, read line by line.

use std::io::{self, BufRead, Read};

/// The longest line that is read, in bytes. An event is some hundred.
const LONGEST: u64 = 1024 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) id: Option<String>,
    pub(super) event: String,
    pub(super) data: String,
}

/// Reads the next event; `None` at the end of the stream. Comments are passed over, and an event that the
/// stream ends in is none, as the rules have it.
///
/// # Errors
/// Where the stream breaks or times out, and where a line has no end.
pub(super) fn next(stream: &mut impl BufRead) -> io::Result<Option<Message>> {
    let mut message = Message::default();
    let mut has_data = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = stream.take(LONGEST);
        let read = limited.read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        if line.pop_if(|last| *last == b'\n').is_none() && read as u64 == LONGEST {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a line of the stream has no end",
            ));
        }
        line.pop_if(|last| *last == b'\r');
        let text = String::from_utf8_lossy(&line);
        if text.is_empty() {
            if has_data {
                return Ok(Some(message));
            }
            message = Message::default();
            continue;
        }
        let (field, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => message.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut message.event),
            "data" => {
                if has_data {
                    message.data.push('\n');
                }
                message.data.push_str(value);
                has_data = true;
            }
            // A comment, which keeps the connection alive, or something to come.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(stream: &str) -> Vec<Message> {
        let mut stream = stream.as_bytes();
        std::iter::from_fn(|| next(&mut stream).unwrap()).collect()
    }

    fn message(id: Option<&str>, event: &str, data: &str) -> Message {
        Message { id: id.map(ToOwned::to_owned), event: event.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn events_are_told_apart_by_empty_lines() {
        let stream = "id: a-1\nevent: reset\ndata: {\"x\":1}\n\n:keep-alive\n\nid:a-2\r\ndata:1\r\ndata: 2\r\n\r\n";
        let expected =
            [message(Some("a-1"), "reset", "{\"x\":1}"), message(Some("a-2"), "", "1\n2")];
        assert_eq!(all(stream), expected);
    }

    #[test]
    fn what_is_cut_off_is_no_event() {
        assert_eq!(all("data: 1\n\ndata: 2"), [message(None, "", "1")]);
        assert_eq!(all("event: x\n\n"), []);
    }

    #[test]
    fn a_line_without_an_end_is_refused() {
        let endless = "x".repeat(2 * 1024 * 1024);
        let refused = next(&mut endless.as_bytes()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }
}
