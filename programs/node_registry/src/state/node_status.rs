//! What a node may do now, and who may change that.
use svmkit::{framework, Result};

/// The white paper's three first, with its numbers.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum NodeStatus {
    /// Takes jobs. Needs the stake of the Starter tier.
    Active = 0,
    /// Takes none.
    Offline = 1,
    /// Paid for a misdeed. Only the oracles let it work again.
    Slashed = 2,
    /// Finishes what it has, and takes no more.
    Draining = 3,
    /// Accused: a slash is pending, or the oracles stopped it.
    Jailed = 4,
    /// Gone for good.
    Retired = 5,
}

use NodeStatus::*;

impl NodeStatus {
    pub fn read(byte: u8) -> Result<NodeStatus> {
        Ok(match byte {
            0 => Active,
            1 => Offline,
            2 => Slashed,
            3 => Draining,
            4 => Jailed,
            5 => Retired,
            _ => return Err(framework::AccountDidNotDeserialize),
        })
    }

    /// What the node's own authority may do: come, finish, go.
    pub fn may_become(self, to: NodeStatus) -> bool {
        matches!((self, to), (Active, Draining | Offline) | (Draining, Active | Offline) | (Offline, Active))
    }

    /// What the oracles may do: note that a node is silent, stop it, let it try again.
    pub fn may_be_put(self, to: NodeStatus) -> bool {
        matches!((self, to), (Active | Draining, Offline | Jailed) | (Offline, Jailed) | (Jailed | Slashed, Offline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [NodeStatus; 6] = [Active, Offline, Slashed, Draining, Jailed, Retired];

    #[test]
    fn every_number_is_read_back_and_no_other() {
        for status in ALL {
            assert_eq!(NodeStatus::read(status as u8), Ok(status));
        }
        assert_eq!(NodeStatus::read(6), Err(framework::AccountDidNotDeserialize));
    }

    #[test]
    fn an_owner_comes_finishes_and_goes_and_nothing_else() {
        let allowed = [(Active, Draining), (Active, Offline), (Draining, Active), (Draining, Offline), (Offline, Active)];
        for from in ALL {
            for to in ALL {
                assert_eq!(from.may_become(to), allowed.contains(&(from, to)), "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn the_oracles_stop_a_node_and_let_it_back_but_never_make_it_work() {
        let allowed = [
            (Active, Offline), (Active, Jailed), (Draining, Offline), (Draining, Jailed), (Offline, Jailed),
            (Jailed, Offline), (Slashed, Offline),
        ];
        for from in ALL {
            for to in ALL {
                assert_eq!(from.may_be_put(to), allowed.contains(&(from, to)), "{from:?} {to:?}");
            }
        }
    }
}
