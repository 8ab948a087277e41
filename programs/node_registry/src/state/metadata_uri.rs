//! Where a node's description lies: printable ASCII of a bounded length, so that it can be shown anywhere.
use crate::errors;
use crate::limits::MAX_URI;
use svmkit::{require, Result};

#[derive(Clone)]
pub struct MetadataUri {
    length: usize,
    bytes: [u8; MAX_URI],
}

impl MetadataUri {
    pub const EMPTY: MetadataUri = MetadataUri { length: 0, bytes: [0; MAX_URI] };

    pub fn new(text: &[u8]) -> Result<MetadataUri> {
        require!(text.len() <= MAX_URI && text.iter().all(|byte| (0x21..=0x7e).contains(byte)), errors::InvalidMetadataUri);
        let mut bytes = [0u8; MAX_URI];
        bytes[..text.len()].copy_from_slice(text);
        Ok(MetadataUri { length: text.len(), bytes })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_printable_and_bounded() {
        assert_eq!(MetadataUri::new(b"https://a.example/~node?x=1").unwrap().bytes(), b"https://a.example/~node?x=1");
        assert!(MetadataUri::new(&[b'a'; MAX_URI]).is_ok());
        assert!(MetadataUri::new(b"").unwrap().is_empty());
        for refused in [&[b'a'; MAX_URI + 1][..], b"a b", b"a\n", b"\x7f", b"\xc3\xa9", b"\0"] {
            assert_eq!(MetadataUri::new(refused).err(), Some(errors::InvalidMetadataUri));
        }
    }
}
