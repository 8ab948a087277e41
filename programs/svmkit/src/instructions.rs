//! The instructions sysvar: what else this transaction does.
//!
//! Layout: u16 count | u16 offset[count] | instruction[count] | u16 index of the running one, where an instruction is
//! u16 accounts | (u8 flags, key)[accounts] | program | u16 length | data.
use crate::{framework, require, stack_height, Account, Error, Pubkey, Result};

const INSTRUCTIONS_SYSVAR: Pubkey = Pubkey::from_base58("Sysvar1nstructions1111111111111111111111111");
const META_LENGTH: usize = 33;

pub struct Instruction<'a> {
    /// Its place in the transaction.
    pub index: usize,
    pub program: Pubkey,
    pub data: &'a [u8],
}

/// The instruction right before the running one, or `missing`.
///
/// Only the address proves that the account is the sysvar, and only in a top-level call is "the running one" ours:
/// under a call from another program it is that program's instruction.
pub fn previous_instruction(sysvar: &Account, missing: Error) -> Result<Instruction<'_>> {
    sysvar.require_key(&INSTRUCTIONS_SYSVAR, framework::ConstraintAddress)?;
    require!(stack_height() == 1, missing);
    match previous_in(sysvar.data()) {
        Some(instruction) => Ok(instruction),
        None => Err(missing),
    }
}

fn previous_in(sysvar: &[u8]) -> Option<Instruction<'_>> {
    let index = u16_at(sysvar, sysvar.len().checked_sub(2)?)?.checked_sub(1)?;
    if index >= u16_at(sysvar, 0)? {
        return None;
    }
    let at = u16_at(sysvar, 2 + 2 * index)?;
    let program_at = at + 2 + u16_at(sysvar, at)? * META_LENGTH;
    let program = Pubkey(*sysvar.get(program_at..)?.first_chunk::<32>()?);
    let length = u16_at(sysvar, program_at + 32)?;
    let data = sysvar.get(program_at + 34..program_at + 34 + length)?;
    Some(Instruction { index, program, data })
}

#[inline(always)]
pub(crate) fn u16_at(data: &[u8], at: usize) -> Option<usize> {
    Some(u16::from_le_bytes(*data.get(at..)?.first_chunk::<2>()?) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two instructions without accounts, programs [1; 32] and [2; 32], data "one" and "two!"; `current` is running.
    fn sysvar(buffer: &mut [u8; 87], current: u16) {
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            buffer[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&[2, 0, 6, 0, 45, 0]);
        put(&[0, 0]);
        put(&[1; 32]);
        put(&[3, 0]);
        put(b"one");
        put(&[0, 0]);
        put(&[2; 32]);
        put(&[4, 0]);
        put(b"two!");
        buffer[85..].copy_from_slice(&current.to_le_bytes());
    }

    #[test]
    fn the_one_before_the_running_one_is_found() {
        let mut data = [0u8; 87];
        sysvar(&mut data, 1);
        let found = previous_in(&data).unwrap();
        assert_eq!((found.index, found.program, found.data), (0, Pubkey([1; 32]), &b"one"[..]));
    }

    #[test]
    fn nothing_precedes_the_first() {
        let mut data = [0u8; 87];
        sysvar(&mut data, 0);
        assert!(previous_in(&data).is_none());
    }

    #[test]
    fn an_index_beyond_the_list_or_a_short_buffer_is_refused() {
        let mut data = [0u8; 87];
        sysvar(&mut data, 3);
        assert!(previous_in(&data).is_none());
        assert!(previous_in(&[]).is_none());
        assert!(previous_in(&[1, 0, 200, 0, 1, 0]).is_none());
    }
}
