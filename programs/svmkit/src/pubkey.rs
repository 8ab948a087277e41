//! 32-byte addresses.

#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Pubkey(pub [u8; 32]);

impl Pubkey {
    pub const ZERO: Pubkey = Pubkey([0; 32]);

    /// An address from its base58 text, at compile time.
    pub const fn from_base58(text: &str) -> Pubkey {
        let alphabet = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
        let text = text.as_bytes();
        let mut key = [0u8; 32];
        let mut at = 0;
        while at < text.len() {
            let mut digit = 0;
            while alphabet[digit] != text[at] {
                digit += 1;
            }
            let mut carry = digit as u32;
            let mut byte = 32;
            while byte > 0 {
                byte -= 1;
                carry += key[byte] as u32 * 58;
                key[byte] = carry as u8;
                carry >>= 8;
            }
            assert!(carry == 0, "longer than 32 bytes");
            at += 1;
        }
        Pubkey(key)
    }

    pub fn is_zero(&self) -> bool {
        *self == Pubkey::ZERO
    }
}

// Four 8-byte compares cost less than the memcmp syscall that a derived comparison becomes.
impl PartialEq for Pubkey {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.0.as_ptr() as *const u64, other.0.as_ptr() as *const u64);
        // SAFETY: both point to 32 readable bytes; the reads need no alignment.
        unsafe { (0..4).all(|i| a.add(i).read_unaligned() == b.add(i).read_unaligned()) }
    }
}

impl Eq for Pubkey {}
