//! Writes the Config, once, by the one who may replace the program anyway.
use crate::mints::{require_vaults, OfferedMint};
use crate::state::{AcceptedMint, Config, OTHER_MINTS};
use crate::{errors, seeds};
use svmkit::{discriminator, Account, Discriminator, Input, Pubkey, Reader, Result, Setup};

pub const DISCRIMINATOR: Discriminator = discriminator("global:initialize");

struct Accounts {
    /// Signs and pays.
    upgrade_authority: Account,
    config: Account,
    /// HYPER's, and its vaults.
    mint: Account,
    protocol_vault: Account,
    platform_vault: Account,
    /// One more to take payments in; may be left out.
    other_mint: Account,
    other_protocol_vault: Account,
    other_platform_vault: Account,
    program_data: Account,
    system_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    let [upgrade_authority, config, mint, protocol_vault, platform_vault, other_mint, other_protocol_vault, other_platform_vault, program_data, system_program] =
        input.take()?;
    let accounts = Accounts {
        upgrade_authority, config, mint, protocol_vault, platform_vault, other_mint, other_protocol_vault,
        other_platform_vault, program_data, system_program,
    };
    let (bump, other) = accounts.validate(input.program_id)?;
    accounts.record(input.program_id, arguments, bump, other)
}

impl Accounts {
    fn setup(&self) -> Setup<'_> {
        Setup {
            upgrade_authority: &self.upgrade_authority,
            config: &self.config,
            mint: &self.mint,
            program_data: &self.program_data,
            system_program: &self.system_program,
        }
    }

    /// Returns the Config's bump, and the other mint.
    fn validate(&self, program: &Pubkey) -> Result<(u8, AcceptedMint)> {
        let bump = self.setup().validate(program, &seeds::config(), errors::UnauthorizedUpgradeAuthority)?;
        require_vaults([&self.protocol_vault, &self.platform_vault], self.mint.key())?;
        let other = OfferedMint {
            mint: &self.other_mint,
            protocol_vault: &self.other_protocol_vault,
            platform_vault: &self.other_platform_vault,
        };
        Ok((bump, other.validate(program)?))
    }

    #[inline(never)]
    fn record(&self, program: &Pubkey, mut arguments: Reader, bump: u8, other: AcceptedMint) -> Result {
        let mut config = Config {
            cluster: arguments.bytes()?,
            facilitator: arguments.key()?,
            assigner: arguments.key()?,
            hyper: AcceptedMint {
                mint: *self.mint.key(),
                protocol_vault: *self.protocol_vault.key(),
                platform_vault: *self.platform_vault.key(),
            },
            oracles: [arguments.key()?, arguments.key()?, arguments.key()?, arguments.key()?, arguments.key()?],
            threshold: arguments.u8()?,
            refund_grace: arguments.i64()?,
            bump,
            paused: false,
            others: [AcceptedMint::NONE; OTHER_MINTS],
        };
        arguments.end()?;
        config.others[0] = other;
        config.invariant()?;

        let [seed] = seeds::config();
        self.setup().create_config(program, Config::LENGTH, seed, bump)?;
        config.store(&self.config);
        Config::load(&self.config, program)?.invariant()
    }
}
