//! Bytes of text that are not copied for each use: they are few, or belong to a text that is shared.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::sync::Arc;

/// How many bytes have room where a pointer to more of them would be.
const SHORT: usize = 22;

/// A piece of text. Its `Debug` does not show it: it may be a password.
#[derive(Clone)]
pub struct Bytes(Form);

#[derive(Clone)]
enum Form {
    /// The bytes themselves.
    Short { len: u8, bytes: [u8; SHORT] },
    /// A range of a text.
    Shared { start: u32, len: u32, text: Arc<Vec<u8>> },
}

impl Bytes {
    /// A range of a text; what lies behind its end is left out.
    pub(super) fn of(text: &Arc<Vec<u8>>, range: Range<usize>) -> Self {
        let end = range.end.min(text.len());
        let start = range.start.min(end);
        if end - start <= SHORT {
            return Self::short(&text[start..end]);
        }
        Self(Form::Shared { start: start as u32, len: (end - start) as u32, text: Arc::clone(text) })
    }

    fn short(from: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        bytes[..from.len()].copy_from_slice(from);
        Self(Form::Short { len: from.len() as u8, bytes })
    }

    /// A range of it; what lies behind its end is left out.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        match &self.0 {
            Form::Shared { start: from, text, .. } => Self::of(text, *from as usize + start..*from as usize + end),
            Form::Short { bytes, .. } => Self::short(&bytes[start..end]),
        }
    }

    /// Leaves a range of it.
    pub(super) fn keep(&mut self, range: Range<usize>) {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        match &mut self.0 {
            Form::Shared { start: from, len, .. } if end - start > SHORT => {
                *from += start as u32;
                *len = (end - start) as u32;
            }
            _ => *self = self.slice(start..end),
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Form::Short { len, bytes } => &bytes[..usize::from(*len)],
            Form::Shared { start, len, text } => &text[*start as usize..][..*len as usize],
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(text: Vec<u8>) -> Self {
        let len = text.len();
        if len <= SHORT {
            Self::short(&text)
        } else {
            Self(Form::Shared { start: 0, len: len as u32, text: text.into() })
        }
    }
}

impl From<&[u8]> for Bytes {
    fn from(text: &[u8]) -> Self {
        if text.len() <= SHORT { Self::short(text) } else { text.to_vec().into() }
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl Hash for Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_the_same_long_or_short() {
        let text = Arc::new(b"0123456789abcdefghijklmnopqrstuvwxyz".to_vec());
        let all = Bytes::of(&text, 0..99);
        assert_eq!(&*all, &**text);
        assert_eq!(&*all.slice(10..13), b"abc");
        assert_eq!(&*all.slice(2..30), b"23456789abcdefghijklmnopqrst");
        assert_eq!(&*all.slice(2..30).slice(1..26), b"3456789abcdefghijklmnopqr");
        assert_eq!(&*all.slice(2..30).slice(26..99), b"st");
        assert_eq!(&*all.slice(40..50), b"");
        assert_eq!(Bytes::from(&b"abc"[..]), all.slice(10..13));
        assert_eq!(Bytes::from(text.to_vec()), all);
        let kept = |from: &Bytes, range: Range<usize>| {
            let mut bytes = from.clone();
            bytes.keep(range);
            bytes.to_vec()
        };
        assert_eq!(kept(&all, 1..30), b"123456789abcdefghijklmnopqrst");
        assert_eq!(kept(&all.slice(1..30), 1..25), b"23456789abcdefghijklmnop");
        assert_eq!(kept(&all, 34..99), b"yz");
        assert_eq!(kept(&all.slice(0..5), 1..3), b"12");
    }

    #[test]
    fn it_takes_as_little_room_as_a_vector() {
        assert_eq!(size_of::<Bytes>(), size_of::<Vec<u8>>());
    }

    #[test]
    fn its_debug_output_holds_no_text() {
        assert_eq!(format!("{:?}", Bytes::from(&b"hunter2"[..])), "7 bytes");
    }
}
