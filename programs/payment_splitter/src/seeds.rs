//! The only home of seeds.
use crate::state::Fee;

const CONFIG: &[u8] = b"config";
const VAULT: &[u8] = b"vault";

/// The one Config of a deployment, and the authority over its vaults.
#[inline(always)]
pub fn config() -> [&'static [u8]; 1] {
    [CONFIG]
}

/// Where a vault is: its fee and its shard.
pub struct Vault {
    fee: [u8; 1],
    shard: [u8; 2],
}

impl Vault {
    pub fn of(fee: Fee, shard: u16) -> Vault {
        Vault { fee: [fee as u8], shard: shard.to_le_bytes() }
    }

    #[inline(always)]
    pub fn seeds(&self) -> [&[u8]; 3] {
        [VAULT, &self.fee, &self.shard]
    }

    /// With the bump: what signs for the address, when it is created.
    #[inline(always)]
    pub fn signer<'a>(&'a self, bump: &'a [u8; 1]) -> [&'a [u8]; 4] {
        [VAULT, &self.fee, &self.shard, bump]
    }
}
