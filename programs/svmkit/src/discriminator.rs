//! Anchor's discriminators: the first eight bytes of SHA-256 over "global:name", "account:Name" or "event:Name".

pub type Discriminator = [u8; 8];

/// Computed at compile time.
pub const fn discriminator(name: &str) -> Discriminator {
    let digest = digest(name.as_bytes(), name.len());
    [digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]]
}

const ROUND_CONSTANTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

const START: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// SHA-256 of the first `length` bytes, as a const fn.
pub(crate) const fn digest(bytes: &[u8], length: usize) -> [u8; 32] {
    let mut state = START;
    let blocks = (length + 8) / 64 + 1;
    let mut block = 0;
    while block < blocks {
        state = compress(state, &padded_block(bytes, length, block, block + 1 == blocks));
        block += 1;
    }
    let mut out = [0u8; 32];
    let mut i = 0;
    while i < 32 {
        out[i] = (state[i / 4] >> (24 - 8 * (i % 4))) as u8;
        i += 1;
    }
    out
}

const fn padded_block(bytes: &[u8], length: usize, block: usize, last: bool) -> [u8; 64] {
    let mut out = [0u8; 64];
    let mut i = 0;
    while i < 64 {
        let at = block * 64 + i;
        if at < length {
            out[i] = bytes[at];
        } else if at == length {
            out[i] = 0x80;
        } else if last && i >= 56 {
            out[i] = ((length as u64 * 8) >> (8 * (63 - i))) as u8;
        }
        i += 1;
    }
    out
}

const fn compress(state: [u32; 8], block: &[u8; 64]) -> [u32; 8] {
    let mut w = [0u32; 64];
    let mut i = 0;
    while i < 16 {
        w[i] = u32::from_be_bytes([block[4 * i], block[4 * i + 1], block[4 * i + 2], block[4 * i + 3]]);
        i += 1;
    }
    while i < 64 {
        let (x, y) = (w[i - 15], w[i - 2]);
        let s0 = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
        let s1 = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
        w[i] = w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1);
        i += 1;
    }
    let mut v = state;
    i = 0;
    while i < 64 {
        let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
        let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
        let t1 = v[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(ROUND_CONSTANTS[i]).wrapping_add(w[i]);
        let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
        let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        v = [t1.wrapping_add(s0).wrapping_add(majority), v[0], v[1], v[2], v[3].wrapping_add(t1), v[4], v[5], v[6]];
        i += 1;
    }
    i = 0;
    while i < 8 {
        v[i] = v[i].wrapping_add(state[i]);
        i += 1;
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_agrees_with_the_standard_vectors() {
        assert_eq!(digest(b"", 0)[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        assert_eq!(digest(b"abc", 3)[..4], [0xba, 0x78, 0x16, 0xbf]);
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(digest(long, 56)[..4], [0x24, 0x8d, 0x6a, 0x61]);
    }

    #[test]
    fn discriminator_agrees_with_anchor() {
        assert_eq!(discriminator("global:initialize"), [175, 175, 109, 31, 13, 152, 155, 237]);
    }
}
