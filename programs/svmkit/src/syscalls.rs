//! The runtime's calls. A `&[u8]` is laid out as (pointer, length), which is what they want for lists of byte strings.
pub(crate) use raw::*;

#[cfg(target_arch = "bpf")]
mod raw {
    unsafe extern "C" {
        pub fn sol_log_(text: *const u8, length: u64);
        pub fn sol_log_data(fields: *const u8, count: u64);
        pub fn sol_panic_(file: *const u8, length: u64, line: u64, column: u64) -> !;
        pub fn sol_memcmp_(a: *const u8, b: *const u8, length: u64, out: *mut i32);
        pub fn sol_try_find_program_address(seeds: *const u8, count: u64, program: *const u8, out: *mut u8, bump: *mut u8) -> u64;
        pub fn sol_create_program_address(seeds: *const u8, count: u64, program: *const u8, out: *mut u8) -> u64;
        pub fn sol_get_clock_sysvar(out: *mut u8) -> u64;
        pub fn sol_get_rent_sysvar(out: *mut u8) -> u64;
        pub fn sol_sha256(parts: *const u8, count: u64, out: *mut u8) -> u64;
        pub fn sol_set_return_data(data: *const u8, length: u64);
        pub fn sol_get_stack_height() -> u64;
        pub fn sol_invoke_signed_c(instruction: *const u8, infos: *const u8, count: u64, seeds: *const u8, signers: u64) -> u64;
    }
}

/// On the host only hashing means something; what needs a validator is tested on one.
#[cfg(not(target_arch = "bpf"))]
mod raw {
    #![allow(clippy::missing_safety_doc)]
    pub unsafe fn sol_log_(_: *const u8, _: u64) {}
    pub unsafe fn sol_log_data(_: *const u8, _: u64) {}
    pub unsafe fn sol_try_find_program_address(_: *const u8, _: u64, _: *const u8, _: *mut u8, _: *mut u8) -> u64 { unimplemented!("addresses on the host") }
    pub unsafe fn sol_create_program_address(_: *const u8, _: u64, _: *const u8, _: *mut u8) -> u64 { unimplemented!("addresses on the host") }
    pub unsafe fn sol_get_clock_sysvar(_: *mut u8) -> u64 { unimplemented!("clock on the host") }
    pub unsafe fn sol_get_rent_sysvar(_: *mut u8) -> u64 { unimplemented!("rent on the host") }
    pub unsafe fn sol_set_return_data(_: *const u8, _: u64) { unimplemented!("return data on the host") }
    pub unsafe fn sol_get_stack_height() -> u64 { unimplemented!("stack height on the host") }
    pub unsafe fn sol_invoke_signed_c(_: *const u8, _: *const u8, _: u64, _: *const u8, _: u64) -> u64 { unimplemented!("calls on the host") }
}

#[cfg(target_arch = "bpf")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let (file, line, column) = match info.location() {
        Some(at) => (at.file(), at.line(), at.column()),
        None => ("?", 0, 0),
    };
    unsafe { sol_panic_(file.as_ptr(), file.len() as u64, line as u64, column as u64) }
}

/// Comparisons of slices become calls of this.
#[cfg(target_arch = "bpf")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, length: usize) -> i32 {
    let mut order = 0i32;
    unsafe { sol_memcmp_(a, b, length as u64, &mut order) };
    order
}

#[cfg(target_arch = "bpf")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, length: usize) -> i32 {
    unsafe { memcmp(a, b, length) }
}

/// SHA-256 of the concatenation.
#[cfg(target_arch = "bpf")]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = [0u8; 32];
    unsafe { sol_sha256(parts.as_ptr() as _, parts.len() as u64, digest.as_mut_ptr()) };
    digest
}

/// SHA-256 of the concatenation, of at most 1,024 bytes: enough for the commitments that host tests check.
#[cfg(not(target_arch = "bpf"))]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut joined = [0u8; 1024];
    let mut length = 0;
    for part in parts {
        joined[length..length + part.len()].copy_from_slice(part);
        length += part.len();
    }
    crate::discriminator::digest(&joined, length)
}

#[inline(always)]
pub fn log(text: &str) {
    unsafe { sol_log_(text.as_ptr(), text.len() as u64) }
}

/// Anchor's `emit!`: one `Program data:` line of discriminator and borsh.
pub fn emit(bytes: &[u8]) {
    let fields = [bytes];
    unsafe { sol_log_data(fields.as_ptr() as _, 1) }
}

pub fn set_return_data(bytes: &[u8]) {
    unsafe { sol_set_return_data(bytes.as_ptr(), bytes.len() as u64) }
}

/// 1 means called by the transaction itself.
pub fn stack_height() -> u64 {
    unsafe { sol_get_stack_height() }
}
