//! The program's input: the aligned serialization of BPF loaders v2 to v4.
use crate::account::{Account, HEADER_LENGTH};
use crate::{framework, Pubkey, Result};
use core::mem::MaybeUninit;
use core::slice::from_raw_parts;

/// More accounts than any instruction of ours takes; later ones are ignored.
pub const MAX_ACCOUNTS: usize = 24;

/// Room that the loader leaves behind each account's data.
const GROWTH: usize = 10_240;
const NOT_A_DUPLICATE: u8 = 0xff;

pub struct Input<'a> {
    pub program_id: &'a Pubkey,
    pub accounts: &'a [Account],
    pub data: &'a [u8],
}

impl Input<'_> {
    /// The first `N` accounts.
    pub fn take<const N: usize>(&self) -> Result<[Account; N]> {
        match self.accounts.first_chunk::<N>() {
            Some(accounts) => Ok(*accounts),
            None => Err(framework::AccountNotEnoughKeys),
        }
    }
}

/// Reads the loader's buffer.
///
/// # Safety
/// `at` is the pointer that the loader gave to the entry point.
#[inline(always)]
pub unsafe fn parse<'a>(mut at: *mut u8, store: &'a mut [MaybeUninit<Account>; MAX_ACCOUNTS]) -> Input<'a> {
    unsafe {
        let count = *(at as *const u64) as usize;
        at = at.add(8);
        let mut kept = 0;
        for _ in 0..count {
            let duplicate_of = *at;
            let account = if duplicate_of == NOT_A_DUPLICATE {
                let account = Account::at(at as *mut _);
                at = at.add(HEADER_LENGTH + account.data().len() + GROWTH);
                at = at.add((at as usize).wrapping_neg() & 7).add(8); // alignment, then the rent epoch
                account
            } else {
                at = at.add(8);
                // A duplicate names an earlier account; one beyond the store stops the program at the bounds check.
                store[duplicate_of as usize].assume_init()
            };
            if kept < MAX_ACCOUNTS {
                store[kept].write(account);
                kept += 1;
            }
        }
        let length = *(at as *const u64) as usize;
        at = at.add(8);
        Input {
            data: from_raw_parts(at, length),
            program_id: &*(at.add(length) as *const Pubkey),
            accounts: from_raw_parts(store.as_ptr() as *const Account, kept),
        }
    }
}

/// Makes `$process: fn(Input) -> Result` the program; `$report` logs the error that ends it.
#[macro_export]
macro_rules! entrypoint {
    ($process:path, $report:path) => {
        #[cfg(target_arch = "bpf")]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
            let mut store = [const { core::mem::MaybeUninit::uninit() }; $crate::MAX_ACCOUNTS];
            match $process(unsafe { $crate::parse(input, &mut store) }) {
                Ok(()) => 0,
                Err(error) => {
                    $report(error);
                    error.code()
                }
            }
        }
    };
}

/// A program's instructions, each a module with a `DISCRIMINATOR` and `run(&Input, Reader) -> Result`, and the name that
/// Anchor logs for it. Makes `process`, and it the entry point.
#[macro_export]
macro_rules! program {
    ($report:path; $($instruction:ident, $name:literal;)*) => {
        $crate::entrypoint!(process, $report);

        #[cfg_attr(not(target_arch = "bpf"), allow(dead_code))]
        fn process(input: $crate::Input) -> $crate::Result {
            let mut arguments = $crate::Reader::arguments(input.data);
            let Ok(instruction): $crate::Result<$crate::Discriminator> = arguments.bytes() else {
                return Err($crate::framework::InstructionFallbackNotFound);
            };
            match instruction {
                $(instructions::$instruction::DISCRIMINATOR => {
                    $crate::log(concat!("Instruction: ", $name));
                    instructions::$instruction::run(&input, arguments)
                })*
                _ => Err($crate::framework::InstructionFallbackNotFound),
            }
        }
    };
}
