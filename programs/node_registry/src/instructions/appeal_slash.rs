//! The owner of an accused node answers, once and while the window is open: that doubles the window, in which the oracles
//! may dismiss the slash.
use crate::events::SlashAppealed;
use crate::state::{Config, Incident, NodeAccount};
use crate::{arithmetic, errors, Hash};
use svmkit::{discriminator, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:appeal_slash");

struct Accounts {
    /// Signs.
    authority: Account,
    config: Account,
    node: Account,
    incident: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let appeal_hash: Hash = arguments.bytes()?;
    arguments.end()?;
    let [authority, config, node, incident] = input.take()?;
    let accounts = Accounts { authority, config, node, incident };

    let (mut incident, executable_at) = accounts.validate(input.program_id, &appeal_hash)?;
    incident.appeal_hash = appeal_hash;
    incident.executable_at = executable_at;
    incident.store(&accounts.incident)?;
    SlashAppealed {
        node_id: &incident.node_id,
        incident_id: &incident.incident_id,
        appeal_hash: &incident.appeal_hash,
        executable_at,
    }
    .emit();
    Ok(())
}

impl Accounts {
    /// Returns the incident and when it may be executed now.
    #[inline(never)]
    fn validate(&self, program: &Pubkey, appeal_hash: &Hash) -> Result<(Incident, i64)> {
        let config = Config::load(&self.config, program)?;
        self.authority.require_signer()?;
        let node = NodeAccount::load(&self.node, program)?;
        self.authority.require_key(&node.authority, errors::UnauthorizedAuthority)?;
        let incident = Incident::load_pending(&self.incident, program, &node.node_id)?;
        require!(*appeal_hash != [0; 32], errors::InvalidHashFormat);
        require!(!incident.is_appealed(), errors::AlreadyAppealed);
        require!(unix_timestamp() < incident.executable_at, errors::AppealWindowOver);
        let executable_at = arithmetic::later(incident.executable_at, config.appeal_window)?;
        Ok((incident, executable_at))
    }
}
