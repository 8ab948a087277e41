//! Enters a node: an id that was never used, its owner, and the key that will sign its receipts. It has no stake yet, and
//! so may not work yet.
use crate::events::NodeRegistered;
use crate::state::{Config, MetadataUri, NodeAccount, NodeStatus};
use crate::tiers::Tier;
use crate::vault::Vault;
use crate::{errors, reputation, seeds, Hash, Id};
use svmkit::token::{self, TOKEN_PROGRAM};
use svmkit::{
    create_pda_account, discriminator, expect_pda, framework, require, unix_timestamp, Account, Discriminator, Input,
    Pubkey, Reader, Result, SYSTEM_PROGRAM,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:register_node");

struct Arguments<'a> {
    node_id: Id,
    metadata_hash: Hash,
    metadata_uri: &'a [u8],
}

struct Accounts {
    /// Signs.
    authority: Account,
    /// Signs too: nobody enters another's key.
    node_key: Account,
    /// Signs and pays.
    rent_payer: Account,
    config: Account,
    mint: Account,
    node: Account,
    stake_vault: Account,
    token_program: Account,
    system_program: Account,
}

struct Bumps {
    node: u8,
    stake: u8,
}

#[inline(never)]
pub fn run(input: &Input, mut reader: Reader) -> Result {
    let arguments =
        Arguments { node_id: reader.bytes()?, metadata_hash: reader.bytes()?, metadata_uri: reader.string()? };
    reader.end()?;
    let [authority, node_key, rent_payer, config, mint, node, stake_vault, token_program, system_program] = input.take()?;
    let accounts =
        Accounts { authority, node_key, rent_payer, config, mint, node, stake_vault, token_program, system_program };
    let bumps = accounts.validate(input.program_id, &arguments.node_id)?;
    accounts.register(input.program_id, &arguments, &bumps)
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey, node_id: &Id) -> Result<Bumps> {
        let config = Config::load(&self.config, program)?;
        self.token_program.require_key(&TOKEN_PROGRAM, framework::InvalidProgramId)?;
        self.system_program.require_key(&SYSTEM_PROGRAM, framework::InvalidProgramId)?;
        self.mint.require_key(&config.mint, framework::ConstraintAddress)?;
        self.authority.require_signer()?;
        self.node_key.require_signer()?;
        self.rent_payer.require_signer()?;
        let bumps = Bumps {
            node: expect_pda(&self.node, &seeds::node(node_id), program)?,
            stake: expect_pda(&self.stake_vault, &seeds::stake(node_id), program)?,
        };
        require!(*self.node.owner() == SYSTEM_PROGRAM, errors::NodeAlreadyRegistered);
        Ok(bumps)
    }

    #[inline(never)]
    fn register(&self, program: &Pubkey, arguments: &Arguments, bumps: &Bumps) -> Result {
        let now = unix_timestamp();
        let node = NodeAccount {
            node_id: arguments.node_id,
            authority: *self.authority.key(),
            node_key: *self.node_key.key(),
            rent_payer: *self.rent_payer.key(),
            stake_amount: 0,
            unstaking: 0,
            unstake_at: 0,
            pending_slash: 0,
            pending_incidents: 0,
            slashed_total: 0,
            tier: Tier::None,
            status: NodeStatus::Offline,
            reputation: reputation::START,
            sequence: 0,
            total_jobs_completed: 0,
            total_faults: 0,
            total_earned: 0,
            registered_at: now,
            last_active_at: now,
            bump: bumps.node,
            stake_bump: bumps.stake,
            metadata_hash: arguments.metadata_hash,
            metadata_uri: MetadataUri::new(arguments.metadata_uri)?,
        };
        self.open(program, &node)?;
        node.store(&self.node)?;
        NodeRegistered { node_id: &node.node_id, authority: &node.authority, node_key: &node.node_key }.emit();
        let vault = Vault { mint: &self.mint, node: &self.node, stake_vault: &self.stake_vault, token_program: &self.token_program };
        vault.invariant(&node)
    }

    #[inline(never)]
    fn open(&self, program: &Pubkey, node: &NodeAccount) -> Result {
        let (bump, stake_bump) = ([node.bump], [node.stake_bump]);
        let node_seeds = seeds::signer(seeds::node(&node.node_id), &bump);
        let stake_seeds = seeds::signer(seeds::stake(&node.node_id), &stake_bump);
        create_pda_account(&self.rent_payer, &self.node, NodeAccount::LENGTH as u64, program, &node_seeds)?;
        create_pda_account(&self.rent_payer, &self.stake_vault, token::ACCOUNT_LENGTH, &TOKEN_PROGRAM, &stake_seeds)?;
        token::initialize_account(&self.stake_vault, &self.mint, self.node.key())
    }
}
