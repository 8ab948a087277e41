//! The accounts by which a mint enters Config. Only mints of the classic token program with HYPER's decimals: every amount
//! here is a millionth of a token, and no transfer may cost or call anything.
use crate::state::AcceptedMint;
use svmkit::token::{require_mint, TokenAccount};
use svmkit::{Account, Pubkey, Result};

pub struct OfferedMint<'a> {
    pub mint: &'a Account,
    pub protocol_vault: &'a Account,
    pub platform_vault: &'a Account,
}

impl OfferedMint<'_> {
    /// `NONE` when the mint was left out.
    #[inline(never)]
    pub fn validate(&self, program: &Pubkey) -> Result<AcceptedMint> {
        let Some(mint) = self.mint.unless_left_out(program) else {
            return Ok(AcceptedMint::NONE);
        };
        require_mint(mint)?;
        require_vaults([self.protocol_vault, self.platform_vault], mint.key())?;
        Ok(AcceptedMint {
            mint: *mint.key(),
            protocol_vault: *self.protocol_vault.key(),
            platform_vault: *self.platform_vault.key(),
        })
    }
}

/// The vaults are token accounts of the mint; of late too, when a rotation takes effect.
pub fn require_vaults(vaults: [&Account; 2], mint: &Pubkey) -> Result {
    for vault in vaults {
        TokenAccount::load_of(vault, mint)?;
    }
    Ok(())
}
