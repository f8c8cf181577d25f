//! Keys and values as bytes: JSON, so that a program whose types have changed notices.

use std::{
    any::type_name,
    borrow::Cow,
    io::{self, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use foyer::{Code, Error, ErrorKind};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What precedes a value.
#[derive(Serialize, Deserialize)]
struct Header<'a> {
    /// Of this layout.
    format: u32,
    /// See [`Kind`].
    version: u32,
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    /// Nanoseconds since 1970, by the clock of the computer: another process has no other to go by.
    stored: u64,
}

/// What a program takes its keys and values for. Those of another kind are not read, though they might be
/// readable: an amount in euros can be read as one in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// What the user says they mean.
    version: u32,
    key: &'static str,
    value: &'static str,
}

impl Kind {
    pub(super) fn of<K, V>(version: u32) -> Self {
        Self { version, key: type_name::<K>(), value: type_name::<V>() }
    }
}

const FORMAT: u32 = 1;

/// A key or a value as the disk holds it, with its length, so that one which was cut short, or is
/// followed by something else, is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Text(Vec<u8>);

impl Text {
    pub(super) fn len(&self) -> usize {
        size_of::<u32>() + self.0.len()
    }
}

/// The key as text. `None` where that cannot be read back as this very key: another key might have the
/// same text.
pub(super) fn write_key<K>(key: &K) -> Option<Text>
where
    K: Serialize + DeserializeOwned + Eq,
{
    let text = Text(guarded(|| serde_json::to_vec(key).ok())?);
    (read_key::<K>(&text)? == *key).then_some(text)
}

pub(super) fn read_key<K: DeserializeOwned>(text: &Text) -> Option<K> {
    guarded(|| serde_json::from_slice(&text.0).ok())
}

/// The value as text, with a header. `None` where it cannot be written.
pub(super) fn write_value<V: Serialize>(value: &V, kind: Kind, stored: SystemTime) -> Option<Text> {
    let stored = stored.duration_since(UNIX_EPOCH).ok()?;
    let header = Header {
        format: FORMAT,
        version: kind.version,
        key: kind.key.into(),
        value: kind.value.into(),
        stored: u64::try_from(stored.as_nanos()).ok()?,
    };
    let mut text = serde_json::to_vec(&header).ok()?;
    text.push(b'\n');
    guarded(|| serde_json::to_writer(&mut text, value).ok())?;
    Some(Text(text))
}

/// The value, and how old it is at the time `now`. `None` where it is of another kind, cannot be read, or
/// is from the future, as the clock has been set back.
pub(super) fn read_value<V: DeserializeOwned>(
    text: &Text,
    kind: Kind,
    now: SystemTime,
) -> Option<(V, Duration)> {
    let end = text.0.iter().position(|byte| *byte == b'\n')?;
    let header: Header<'_> = serde_json::from_slice(&text.0[..end]).ok()?;
    let known = header.format == FORMAT
        && header.version == kind.version
        && header.key == kind.key
        && header.value == kind.value;
    if !known {
        return None;
    }
    let stored = UNIX_EPOCH.checked_add(Duration::from_nanos(header.stored))?;
    let age = now.duration_since(stored).ok()?;
    let value = guarded(|| serde_json::from_slice(&text.0[end + 1..]).ok())?;
    Some((value, age))
}

/// The user's code that writes or reads a type; a panic in it is no reason to lose all other answers.
fn guarded<T>(code: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(code)).unwrap_or_default()
}

impl Code for Text {
    fn encode(&self, writer: &mut impl Write) -> foyer::Result<()> {
        let length = u32::try_from(self.0.len())
            .map_err(|_| Error::new(ErrorKind::OutOfRange, "a stale answer of 4 GiB or more"))?;
        writer.write_all(&length.to_le_bytes()).map_err(Error::io_error)?;
        writer.write_all(&self.0).map_err(Error::io_error)
    }

    fn decode(reader: &mut impl Read) -> foyer::Result<Self> {
        read_text(reader).map_err(Error::io_error)?.map(Self).ok_or_else(|| {
            Error::new(ErrorKind::ChecksumMismatch, "a stale answer of another length than it says")
        })
    }

    fn estimated_size(&self) -> usize {
        self.len()
    }
}

/// Nothing is reserved for a length that may be a lie.
fn read_text(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; size_of::<u32>()];
    reader.read_exact(&mut length)?;
    let length = u64::from(u32::from_le_bytes(length));
    let mut text = Vec::new();
    reader.take(length + 1).read_to_end(&mut text)?;
    Ok((text.len() as u64 == length).then_some(text))
}
