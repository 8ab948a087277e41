//! Moves a slash that nobody dismissed to the slash vault. Anyone may ask, once the appeal window is over. The stake that
//! counts for the tier pays first, then what is on its way out.
use crate::events::NodeSlashed;
use crate::state::{Config, Incident, IncidentStatus, NodeAccount, NodeStatus};
use crate::vault::Vault;
use crate::{arithmetic, errors};
use svmkit::{discriminator, framework, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:execute_slash");

struct Accounts {
    config: Account,
    mint: Account,
    node: Account,
    incident: Account,
    stake_vault: Account,
    slash_vault: Account,
    token_program: Account,
}

/// What `validate` found.
struct Found {
    node: NodeAccount,
    incident: Incident,
    now: i64,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [config, mint, node, incident, stake_vault, slash_vault, token_program] = input.take()?;
    let accounts = Accounts { config, mint, node, incident, stake_vault, slash_vault, token_program };
    let found = accounts.validate(input.program_id)?;
    accounts.execute(found)
}

impl Accounts {
    fn vault(&self) -> Vault<'_> {
        Vault { mint: &self.mint, node: &self.node, stake_vault: &self.stake_vault, token_program: &self.token_program }
    }

    #[inline(never)]
    fn validate(&self, program: &Pubkey) -> Result<Found> {
        let config = Config::load(&self.config, program)?;
        let node = NodeAccount::load_live(&self.node, program)?;
        let incident = Incident::load_pending(&self.incident, program, &node.node_id)?;
        let now = unix_timestamp();
        require!(now >= incident.executable_at, errors::AppealWindowOpen);
        self.vault().validate(program, &config, &node)?;
        self.slash_vault.require_key(&config.slash_vault, framework::ConstraintAddress)?;
        Ok(Found { node, incident, now })
    }

    #[inline(never)]
    fn execute(&self, found: Found) -> Result {
        let Found { mut node, mut incident, now } = found;
        self.vault().pay(&node, &self.slash_vault, incident.amount)?;
        incident.status = IncidentStatus::Executed;
        incident.resolved_at = now;
        incident.store(&self.incident)?;

        let from_stake = incident.amount.min(node.stake_amount);
        let from_unstaking = arithmetic::subtract(incident.amount, from_stake, errors::InvariantViolated)?;
        node.set_stake(arithmetic::subtract(node.stake_amount, from_stake, errors::InvariantViolated)?);
        let unstake_at = node.unstake_at;
        node.set_unstaking(arithmetic::subtract(node.unstaking, from_unstaking, errors::InvariantViolated)?, unstake_at);
        node.slashed_total = arithmetic::add(node.slashed_total, incident.amount)?;
        node.release_slash(incident.amount)?;
        node.status = NodeStatus::Slashed;
        node.store(&self.node)?;
        NodeSlashed {
            node_id: &node.node_id,
            incident_id: &incident.incident_id,
            amount: incident.amount,
            stake_amount: node.stake_amount,
            unstaking: node.unstaking,
            tier: node.tier as u8,
        }
        .emit();
        self.vault().invariant(&node)
    }
}
