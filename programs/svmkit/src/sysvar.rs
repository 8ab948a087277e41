//! Clock and rent.
use crate::syscalls::{sol_get_clock_sysvar, sol_get_rent_sysvar};

#[repr(C)]
#[derive(Default)]
struct Clock {
    slot: u64,
    epoch_start: i64,
    epoch: u64,
    leader_schedule_epoch: u64,
    unix_timestamp: i64,
}

/// The cluster's time in seconds.
pub fn unix_timestamp() -> i64 {
    let mut clock = Clock::default();
    unsafe { sol_get_clock_sysvar(&mut clock as *mut Clock as _) };
    clock.unix_timestamp
}

#[repr(C)]
#[derive(Default)]
struct Rent {
    lamports_per_byte_year: u64,
    /// The bits of an f64: SBPF has no floating point.
    exemption_threshold: u64,
    burn_percent: u8,
}

const ONE_AS_F64_BITS: u64 = 0x3ff0_0000_0000_0000;
const ACCOUNT_OVERHEAD: u64 = 128;

/// Lamports that keep an account of `length` bytes alive.
pub fn rent_minimum(length: u64) -> u64 {
    let mut rent = Rent::default();
    unsafe { sol_get_rent_sysvar(&mut rent as *mut Rent as _) };
    // The threshold has always been 2.0 years, until SIMD-0194 folded it into the rate and left 1.0.
    let years = if rent.exemption_threshold == ONE_AS_F64_BITS { 1 } else { 2 };
    (ACCOUNT_OVERHEAD + length) * rent.lamports_per_byte_year * years
}
