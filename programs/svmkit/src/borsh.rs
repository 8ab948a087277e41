//! Borsh of fixed-size values: integers are little-endian, arrays and keys are their bytes.
use crate::{framework, require, Error, Pubkey, Result};

/// Reads an instruction's arguments or an account. Too short, or bytes left over, is `error`.
pub struct Reader<'a> {
    rest: &'a [u8],
    error: Error,
}

impl<'a> Reader<'a> {
    pub fn arguments(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes, error: framework::InstructionDidNotDeserialize }
    }

    pub fn account(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes, error: framework::AccountDidNotDeserialize }
    }

    #[inline(always)]
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk::<N>() {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(*head)
            }
            None => Err(self.error),
        }
    }

    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.bytes::<1>()?[0])
    }

    pub fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.bytes()?))
    }

    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    pub fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.bytes()?))
    }

    pub fn key(&mut self) -> Result<Pubkey> {
        Ok(Pubkey(self.bytes()?))
    }

    /// A string's bytes, in place. Whether they are text is the caller's question.
    pub fn string(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        match self.rest.split_at_checked(length) {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(head)
            }
            None => Err(self.error),
        }
    }

    /// Nothing but zeros may follow: the unused room of an account.
    pub fn end_in_zeros(self) -> Result {
        require!(self.rest.iter().all(|byte| *byte == 0), self.error);
        Ok(())
    }

    /// Nothing may follow: a longer body is somebody's misunderstanding, or a hiding place.
    pub fn end(self) -> Result {
        require!(self.rest.is_empty(), self.error);
        Ok(())
    }
}

/// Writes an account or an event into a buffer of exactly the right size.
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    at: usize,
}

impl<'a> Writer<'a> {
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Writer { buffer, at: 0 }
    }

    #[inline(always)]
    pub fn bytes<const N: usize>(&mut self, bytes: &[u8; N]) -> &mut Self {
        self.buffer[self.at..self.at + N].copy_from_slice(bytes);
        self.at += N;
        self
    }

    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub fn key(&mut self, key: &Pubkey) -> &mut Self {
        self.bytes(&key.0)
    }

    pub fn string(&mut self, text: &[u8]) -> &mut Self {
        self.u32(text.len() as u32);
        self.buffer[self.at..self.at + text.len()].copy_from_slice(text);
        self.at += text.len();
        self
    }

    /// Zeros up to the end: an account's unused room.
    pub fn end_in_zeros(&mut self) {
        self.buffer[self.at..].fill(0);
    }

    /// The buffer is full: a layout constant that disagrees with its fields stops here.
    pub fn end(&mut self) {
        assert!(self.at == self.buffer.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut buffer = [0u8; 1 + 4 + 8 + 8 + 32];
        Writer::new(&mut buffer).u8(7).u32(1 << 31).u64(u64::MAX).i64(-1).key(&Pubkey([9; 32])).end();
        let mut reader = Reader::arguments(&buffer);
        assert_eq!(reader.u8(), Ok(7));
        assert_eq!(reader.u32(), Ok(1 << 31));
        assert_eq!(reader.u64(), Ok(u64::MAX));
        assert_eq!(reader.i64(), Ok(-1));
        assert_eq!(reader.key(), Ok(Pubkey([9; 32])));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn a_string_is_its_length_and_its_bytes_and_the_room_behind_it_is_zeros() {
        let mut buffer = [9u8; 2 + 4 + 4 + 3];
        Writer::new(&mut buffer).u16(513).string(b"text").end_in_zeros();
        assert_eq!(buffer, [1, 2, 4, 0, 0, 0, b't', b'e', b'x', b't', 0, 0, 0]);
        let mut reader = Reader::account(&buffer);
        assert_eq!((reader.u16(), reader.string()), (Ok(513), Ok(&b"text"[..])));
        assert_eq!(reader.end_in_zeros(), Ok(()));
        assert_eq!(Reader::account(&[0, 1]).end_in_zeros(), Err(framework::AccountDidNotDeserialize));
        assert_eq!(Reader::arguments(&[5, 0, 0, 0, 1, 2, 3, 4]).string(), Err(framework::InstructionDidNotDeserialize));
        assert_eq!(Reader::arguments(&[255; 4]).string(), Err(framework::InstructionDidNotDeserialize));
    }

    #[test]
    fn too_short_and_too_long_are_refused() {
        assert_eq!(Reader::arguments(&[1, 2, 3]).u32(), Err(framework::InstructionDidNotDeserialize));
        assert_eq!(Reader::account(&[1]).end(), Err(framework::AccountDidNotDeserialize));
    }
}
