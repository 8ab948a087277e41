//! Calls into other programs, through the runtime's C interface.
use crate::account::HEADER_LENGTH;
use crate::syscalls::sol_invoke_signed_c;
use crate::{Account, Error, Pubkey, Result};

/// How a called instruction uses one account.
#[repr(C)]
pub struct Meta<'a> {
    key: &'a Pubkey,
    is_writable: bool,
    is_signer: bool,
}

impl<'a> Meta<'a> {
    pub fn read_only(account: &'a Account) -> Self {
        Meta { key: account.key(), is_writable: false, is_signer: false }
    }

    pub fn writable(account: &'a Account) -> Self {
        Meta { key: account.key(), is_writable: true, is_signer: false }
    }

    pub fn signer(mut self) -> Self {
        self.is_signer = true;
        self
    }
}

#[repr(C)]
struct CallInstruction<'a> {
    program: &'a Pubkey,
    metas: *const Meta<'a>,
    metas_length: u64,
    data: *const u8,
    data_length: u64,
}

#[repr(C)]
struct CallAccount {
    key: *const Pubkey,
    lamports: *const u64,
    data_length: u64,
    data: *const u8,
    owner: *const Pubkey,
    rent_epoch: u64,
    is_signer: bool,
    is_writable: bool,
    is_executable: bool,
}

impl CallAccount {
    #[inline(always)]
    fn of(account: &Account) -> CallAccount {
        let header = account.header();
        let (is_signer, is_writable, is_executable) = account.flags();
        // SAFETY: the pointers lead into the loader's buffer, where the runtime demands that they do.
        unsafe {
            CallAccount {
                key: &(*header).key,
                lamports: &(*header).lamports,
                data_length: (*header).data_length,
                data: (header as *const u8).add(HEADER_LENGTH),
                owner: &(*header).owner,
                rent_epoch: u64::MAX,
                is_signer,
                is_writable,
                is_executable,
            }
        }
    }
}

#[repr(C)]
struct SignerSeeds {
    seeds: *const u8,
    count: u64,
}

/// Calls `program`, signing for the address of `seeds` (none: empty). A failure of the called program ends the
/// transaction whatever we return, so its error is passed on for form's sake.
pub fn invoke<const N: usize>(
    program: &Pubkey,
    metas: &[Meta; N],
    data: &[u8],
    accounts: [&Account; N],
    seeds: &[&[u8]],
) -> Result {
    let infos: [CallAccount; N] = core::array::from_fn(|i| CallAccount::of(accounts[i]));
    let instruction = CallInstruction {
        program,
        metas: metas.as_ptr(),
        metas_length: N as u64,
        data: data.as_ptr(),
        data_length: data.len() as u64,
    };
    let signer = SignerSeeds { seeds: seeds.as_ptr() as _, count: seeds.len() as u64 };
    let signers = !seeds.is_empty() as u64;
    let code = unsafe {
        sol_invoke_signed_c(
            &instruction as *const CallInstruction as _,
            infos.as_ptr() as _,
            N as u64,
            &signer as *const SignerSeeds as _,
            signers,
        )
    };
    if code == 0 { Ok(()) } else { Err(Error::new(code)) }
}
