//! One account as the loader lays it out in the program's input, changed in place.
use crate::{framework, require, Error, Pubkey, Result, SYSTEM_PROGRAM};
use core::slice::{from_raw_parts, from_raw_parts_mut};

/// The loader's header of a serialized account; its data follows.
#[repr(C)]
pub(crate) struct Header {
    duplicate_of: u8,
    is_signer: u8,
    is_writable: u8,
    is_executable: u8,
    original_length: u32,
    pub(crate) key: Pubkey,
    pub(crate) owner: Pubkey,
    pub(crate) lamports: u64,
    pub(crate) data_length: u64,
}

pub(crate) const HEADER_LENGTH: usize = core::mem::size_of::<Header>();

/// A view of one account. Copies share the account, and calls into other programs change it under the view, so the
/// slices that `data` gives must not be kept across a call.
#[derive(Clone, Copy)]
pub struct Account(*mut Header);

// SAFETY of every method: an `Account` is only made by `input::parse` from the loader's buffer, which outlives the
// instruction and holds `data_length` bytes (kept right by the runtime across calls) behind each header.
impl Account {
    pub(crate) unsafe fn at(header: *mut Header) -> Account {
        Account(header)
    }

    pub(crate) fn header(&self) -> *mut Header {
        self.0
    }

    pub(crate) fn flags(&self) -> (bool, bool, bool) {
        unsafe { ((*self.0).is_signer != 0, (*self.0).is_writable != 0, (*self.0).is_executable != 0) }
    }

    #[inline(always)]
    pub fn key(&self) -> &Pubkey {
        unsafe { &(*self.0).key }
    }

    #[inline(always)]
    pub fn owner(&self) -> &Pubkey {
        unsafe { &(*self.0).owner }
    }

    #[inline(always)]
    pub fn lamports(&self) -> u64 {
        unsafe { (*self.0).lamports }
    }

    #[inline(always)]
    pub fn data(&self) -> &[u8] {
        unsafe { from_raw_parts((self.0 as *const u8).add(HEADER_LENGTH), (*self.0).data_length as usize) }
    }

    /// For the owner's own writes. The caller holds no other slice of this account.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub fn data_mut(&self) -> &mut [u8] {
        unsafe { from_raw_parts_mut((self.0 as *mut u8).add(HEADER_LENGTH), (*self.0).data_length as usize) }
    }

    pub fn is_signer(&self) -> bool {
        self.flags().0
    }

    pub fn is_writable(&self) -> bool {
        self.flags().1
    }

    /// Cuts the data of an account of ours to `length` bytes, and gives what lies beyond `keep` lamports to `to`.
    pub fn shrink(&self, length: u64, keep: u64, to: &Account) -> Result {
        let (held, theirs) = (self.lamports(), to.lamports());
        let (Some(freed), true) = (held.checked_sub(keep), length <= self.data().len() as u64) else {
            return Err(framework::ConstraintRentExempt);
        };
        let Some(sum) = theirs.checked_add(freed) else {
            return Err(framework::ConstraintRentExempt);
        };
        require!(self.key() != to.key(), framework::ConstraintClose);
        unsafe {
            (*to.0).lamports = sum;
            (*self.0).lamports = keep;
            (*self.0).data_length = length;
        }
        Ok(())
    }

    /// Anchor's way to leave an account out: the program's own address stands in its place.
    pub fn unless_left_out(&self, program: &Pubkey) -> Option<&Account> {
        if self.key() == program { None } else { Some(self) }
    }

    /// An account that does not exist, or was closed in this transaction.
    pub fn is_empty(&self) -> bool {
        self.lamports() == 0 && self.data().is_empty()
    }

    /// Gives all its lamports to `to`, and its address back to the system program: the account is gone, also for what
    /// follows in this transaction.
    pub fn close(&self, to: &Account) -> Result {
        self.require_writable()?;
        to.require_writable()?;
        let (true, Some(sum)) = (self.key() != to.key(), to.lamports().checked_add(self.lamports())) else {
            return Err(framework::ConstraintClose);
        };
        unsafe {
            (*to.0).lamports = sum;
            (*self.0).lamports = 0;
            (*self.0).data_length = 0;
            (*self.0).owner = SYSTEM_PROGRAM;
        }
        Ok(())
    }

    pub fn require_signer(&self) -> Result {
        require!(self.is_signer(), framework::AccountNotSigner);
        Ok(())
    }

    pub fn require_writable(&self) -> Result {
        require!(self.is_writable(), framework::ConstraintMut);
        Ok(())
    }

    pub fn require_owner(&self, program: &Pubkey) -> Result {
        require!(self.owner() == program, framework::AccountOwnedByWrongProgram);
        Ok(())
    }

    pub fn require_key(&self, key: &Pubkey, error: Error) -> Result {
        require!(self.key() == key, error);
        Ok(())
    }
}
