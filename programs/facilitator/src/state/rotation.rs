//! Rotation: keys, vaults and a mint that are to be in the Config, and from when on. It exists from proposal to end.
use crate::state::{AcceptedMint, Config, ORACLES};
use svmkit::{discriminator, framework, require, Account, Discriminator, Pubkey, Reader, Result, Writer};

pub struct Rotation {
    /// Who paid the rent of this account, and gets it back.
    pub rent_payer: Pubkey,
    pub due_at: i64,
    pub facilitator: Pubkey,
    pub assigner: Pubkey,
    /// HYPER's.
    pub protocol_vault: Pubkey,
    pub platform_vault: Pubkey,
    pub oracles: [Pubkey; ORACLES],
    pub threshold: u8,
    /// A further mint to take payments in, or other vaults for one that is taken already; or `NONE`.
    pub other: AcceptedMint,
}

impl Rotation {
    pub const DISCRIMINATOR: Discriminator = discriminator("account:Rotation");
    pub const LENGTH: usize = 8 + 32 + 8 + 4 * 32 + 32 * ORACLES + 1 + AcceptedMint::LENGTH;

    #[inline(never)]
    pub fn load(account: &Account, program: &Pubkey) -> Result<Rotation> {
        account.require_owner(program)?;
        require!(account.data().len() == Self::LENGTH, framework::AccountDidNotDeserialize);
        let mut reader = Reader::account(account.data());
        require!(reader.bytes()? == Self::DISCRIMINATOR, framework::AccountDiscriminatorMismatch);
        let rotation = Rotation {
            rent_payer: reader.key()?,
            due_at: reader.i64()?,
            facilitator: reader.key()?,
            assigner: reader.key()?,
            protocol_vault: reader.key()?,
            platform_vault: reader.key()?,
            oracles: [reader.key()?, reader.key()?, reader.key()?, reader.key()?, reader.key()?],
            threshold: reader.u8()?,
            other: AcceptedMint::read(&mut reader)?,
        };
        reader.end()?;
        Ok(rotation)
    }

    #[inline(never)]
    pub fn store(&self, account: &Account) {
        let mut writer = Writer::new(account.data_mut());
        writer
            .bytes(&Self::DISCRIMINATOR)
            .key(&self.rent_payer)
            .i64(self.due_at)
            .key(&self.facilitator)
            .key(&self.assigner)
            .key(&self.protocol_vault)
            .key(&self.platform_vault);
        for oracle in &self.oracles {
            writer.key(oracle);
        }
        writer.u8(self.threshold);
        self.other.write(&mut writer);
        writer.end();
    }

    /// What cannot change stays: cluster, mints and grace are in the terms of payments that are open.
    pub fn write_into(&self, config: &mut Config) -> Result {
        config.facilitator = self.facilitator;
        config.assigner = self.assigner;
        config.hyper.protocol_vault = self.protocol_vault;
        config.hyper.platform_vault = self.platform_vault;
        config.oracles = self.oracles;
        config.threshold = self.threshold;
        if !self.other.is_none() {
            config.accept(&self.other)?;
        }
        config.invariant()
    }
}
