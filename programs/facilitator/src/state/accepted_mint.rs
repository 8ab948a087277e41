//! A mint that payments are taken in, and the token accounts that the fees of such payments go to.
use svmkit::{Pubkey, Reader, Result, Writer};

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AcceptedMint {
    pub mint: Pubkey,
    pub protocol_vault: Pubkey,
    pub platform_vault: Pubkey,
}

impl AcceptedMint {
    pub const LENGTH: usize = 3 * 32;
    /// A free place in a list.
    pub const NONE: AcceptedMint =
        AcceptedMint { mint: Pubkey::ZERO, protocol_vault: Pubkey::ZERO, platform_vault: Pubkey::ZERO };

    pub fn is_none(&self) -> bool {
        self.mint.is_zero()
    }

    pub fn read(reader: &mut Reader) -> Result<AcceptedMint> {
        Ok(AcceptedMint { mint: reader.key()?, protocol_vault: reader.key()?, platform_vault: reader.key()? })
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.key(&self.mint).key(&self.protocol_vault).key(&self.platform_vault);
    }
}
