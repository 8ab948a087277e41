//! Errors as Anchor numbers them: a program's own from 6000, the framework's below.
use core::num::NonZeroU64;

/// What the entry point returns in r0: `Custom(n)` is n; the runtime's own errors live above 32 bits.
///
/// Non-zero, so that `Result<()>` is one register: the BPF back end cannot return two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Error(NonZeroU64);

pub type Result<T = ()> = core::result::Result<T, Error>;

impl Error {
    pub const fn new(code: u64) -> Error {
        match NonZeroU64::new(code) {
            Some(code) => Error(code),
            None => panic!("an error code is not zero"),
        }
    }

    pub const fn code(self) -> u64 {
        self.0.get()
    }
}

/// Fails with `$error` unless `$condition` holds.
#[macro_export]
macro_rules! require {
    ($condition:expr, $error:expr) => {
        if !($condition) {
            return Err($error);
        }
    };
}

/// A program's own errors: one constant each, and `report`, which logs the line that Anchor's clients read.
#[macro_export]
macro_rules! errors {
    ($($name:ident = $code:literal, $text:literal;)*) => {
        $(#[allow(non_upper_case_globals)] pub const $name: $crate::Error = $crate::Error::new($code);)*

        /// Every error of this program: name, number, text. The IDL is held to it.
        pub const TABLE: &[(&str, u64, &str)] = &[$((stringify!($name), $code, $text)),*];

        #[cold]
        #[inline(never)]
        pub fn report(error: $crate::Error) {
            match error.code() {
                $($code => $crate::log(concat!(
                    "AnchorError occurred. Error Code: ", stringify!($name),
                    ". Error Number: ", $code, ". Error Message: ", $text, "."
                )),)*
                _ => $crate::report(error),
            }
        }
    };
}

macro_rules! framework_errors {
    ($($name:ident = $code:literal, $text:literal;)*) => {
        /// Anchor's framework errors, as far as we raise them.
        #[allow(non_upper_case_globals)]
        pub mod framework {
            use super::Error;
            $(pub const $name: Error = Error::new($code);)*
        }

        /// Logs a framework error the way Anchor does. Errors of called programs have logged their own line.
        #[cold]
        #[inline(never)]
        pub fn report(error: Error) {
            match error.code() {
                $($code => crate::log(concat!(
                    "AnchorError occurred. Error Code: ", stringify!($name),
                    ". Error Number: ", $code, ". Error Message: ", $text, "."
                )),)*
                _ => {}
            }
        }
    };
}

framework_errors! {
    InstructionFallbackNotFound = 101, "Fallback functions are not supported";
    InstructionDidNotDeserialize = 102, "The program could not deserialize the given instruction";
    ConstraintMut = 2000, "A mut constraint was violated";
    ConstraintHasOne = 2001, "A has one constraint was violated";
    ConstraintRentExempt = 2005, "A rent exempt constraint was violated";
    ConstraintSeeds = 2006, "A seeds constraint was violated";
    ConstraintClose = 2011, "A close constraint was violated";
    ConstraintAddress = 2012, "An address constraint was violated";
    ConstraintTokenMint = 2014, "A token mint constraint was violated";
    ConstraintTokenOwner = 2015, "A token owner constraint was violated";
    AccountDiscriminatorMismatch = 3002, "Account discriminator did not match what was expected";
    AccountDidNotDeserialize = 3003, "Failed to deserialize the account";
    AccountNotEnoughKeys = 3005, "Not enough account keys given to the instruction";
    AccountOwnedByWrongProgram = 3007, "The given account is owned by a different program than expected";
    InvalidProgramId = 3008, "Program ID was not as expected";
    AccountNotSigner = 3010, "The given account did not sign";
}
