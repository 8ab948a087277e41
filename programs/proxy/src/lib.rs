//! For tests only, never deployed: passes its data and accounts on to the program that its first account names, so that
//! the others can be attacked through a call. Without accounts it does nothing, whatever its data.
#![no_std]

use svmkit::{framework, invoke, Account, Error, Input, Meta, Result};

svmkit::entrypoint!(process, ignore);

fn process(input: Input) -> Result {
    let Some((target, accounts)) = input.accounts.split_first() else {
        return Ok(());
    };
    match accounts.len() {
        3 => forward::<3>(target, accounts, input.data),
        4 => forward::<4>(target, accounts, input.data),
        6 => forward::<6>(target, accounts, input.data),
        7 => forward::<7>(target, accounts, input.data),
        8 => forward::<8>(target, accounts, input.data),
        10 => forward::<10>(target, accounts, input.data),
        11 => forward::<11>(target, accounts, input.data),
        _ => Err(framework::AccountNotEnoughKeys),
    }
}

fn forward<const N: usize>(target: &Account, accounts: &[Account], data: &[u8]) -> Result {
    let metas: [Meta; N] = core::array::from_fn(|i| {
        let account = &accounts[i];
        let meta = if account.is_writable() { Meta::writable(account) } else { Meta::read_only(account) };
        if account.is_signer() { meta.signer() } else { meta }
    });
    let infos: [&Account; N] = core::array::from_fn(|i| &accounts[i]);
    invoke(target.key(), &metas, data, infos, &[])
}

fn ignore(_: Error) {}
