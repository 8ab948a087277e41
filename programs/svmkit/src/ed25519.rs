//! The Ed25519 precompile's instruction: which keys signed which bytes.
//!
//! Layout: u8 count | u8 padding | entry[count], an entry being seven u16: signature at, in instruction, key at, in
//! instruction, message at, length, in instruction. The runtime verified whatever these offsets point at (and accepts
//! zero signatures); so we must look at the very same bytes. Offsets that lead into another instruction are refused: a
//! stranger's key kept elsewhere would pass for the key that a careless program reads here.
use crate::instructions::u16_at;
use crate::{previous_instruction, require, Account, Error, Pubkey, Result};

const ED25519_PROGRAM: Pubkey = Pubkey::from_base58("Ed25519SigVerify111111111111111111111111111");
const ENTRY_LENGTH: usize = 14;
const SIGNATURE_LENGTH: usize = 64;
/// "This instruction", as the precompile spells it.
const CURRENT: usize = 0xffff;

/// One verified pair.
pub struct Signed<'a> {
    pub key: Pubkey,
    pub message: &'a [u8],
}

impl Signed<'_> {
    /// Do both signatures cover the same place, not just equal or overlapping bytes?
    pub fn shares_message_with(&self, other: &Signed) -> bool {
        self.message.as_ptr() == other.message.as_ptr() && self.message.len() == other.message.len()
    }
}

pub struct Ed25519<'a> {
    data: &'a [u8],
    index: usize,
    pub count: usize,
}

impl<'a> Ed25519<'a> {
    /// The verification right before the running instruction, or `missing`.
    pub fn before(sysvar: &'a Account, missing: Error) -> Result<Self> {
        let previous = previous_instruction(sysvar, missing)?;
        require!(previous.program == ED25519_PROGRAM, missing);
        match previous.data {
            [count, 0, ..] => Ok(Ed25519 { data: previous.data, index: previous.index, count: *count as usize }),
            _ => Err(missing),
        }
    }

    /// The n-th entry; None when any of its offsets leaves this instruction.
    pub fn entry(&self, n: usize) -> Option<Signed<'a>> {
        if n >= self.count {
            return None;
        }
        let at = 2 + ENTRY_LENGTH * n;
        let field = |i: usize| u16_at(self.data, at + 2 * i);
        let here = |instruction: usize| instruction == CURRENT || instruction == self.index;
        if !(here(field(1)?) && here(field(3)?) && here(field(6)?)) {
            return None;
        }
        let (signature, key, message, length) = (field(0)?, field(2)?, field(4)?, field(5)?);
        self.data.get(signature..signature + SIGNATURE_LENGTH)?;
        Some(Signed {
            key: Pubkey(*self.data.get(key..)?.first_chunk::<32>()?),
            message: self.data.get(message..message + length)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One entry over a message of 4 bytes: key at 16, signature at 48, message at 112.
    fn one_entry(fields: [u16; 7]) -> [u8; 116] {
        let mut data = [7u8; 116];
        data[0] = 1;
        data[1] = 0;
        for (i, field) in fields.iter().enumerate() {
            data[2 + 2 * i..4 + 2 * i].copy_from_slice(&field.to_le_bytes());
        }
        data[112..].copy_from_slice(b"text");
        data
    }

    fn entry(data: &[u8; 116], n: usize) -> Option<Signed<'_>> {
        Ed25519 { data, index: 2, count: data[0] as usize }.entry(n)
    }

    #[test]
    fn an_entry_within_its_own_instruction_is_read() {
        for own in [0xffff, 2] {
            let data = one_entry([48, own, 16, own, 112, 4, own]);
            assert_eq!(entry(&data, 0).unwrap().message, b"text");
            assert!(entry(&data, 1).is_none());
        }
    }

    #[test]
    fn every_offset_into_another_instruction_is_refused() {
        for field in [1, 3, 6] {
            let mut fields = [48, 0xffff, 16, 0xffff, 112, 4, 0xffff];
            fields[field] = 1;
            assert!(entry(&one_entry(fields), 0).is_none(), "field {field}");
        }
    }

    #[test]
    fn offsets_beyond_the_end_are_refused() {
        for (field, value) in [(0, 53), (2, 85), (4, 113), (5, 5)] {
            let mut fields = [48, 0xffff, 16, 0xffff, 112, 4, 0xffff];
            fields[field] = value;
            assert!(entry(&one_entry(fields), 0).is_none(), "field {field}");
        }
    }

    #[test]
    fn a_prefix_of_the_same_bytes_is_not_the_same_message() {
        let all = one_entry([48, 0xffff, 16, 0xffff, 112, 4, 0xffff]);
        let signed = entry(&all, 0).unwrap();
        let prefix = Signed { key: signed.key, message: &signed.message[..3] };
        assert!(signed.shares_message_with(&signed));
        assert!(!signed.shares_message_with(&prefix));
    }
}
