'use strict';

// Methods that no real cluster has; each exists only where its flag was given.

const { publicKeyBytes } = require('../encoding.cjs');
const { invalidParams } = require('../rpc-error.cjs');

const MAX_WARP_SECONDS = 10 * 365 * 86_400;

const wholeNumber = (value, most, name) => {
  if (!Number.isInteger(value) || value < 0 || value > most) throw invalidParams(`${name} must be 0 to ${most}`);
  return value;
};

/** `--controls`: time travel and accounts out of nothing. Both go through the ledger. */
function testControls(chain) {
  return {
    localnet_warp: async ([{ seconds = 0, slots = 0 } = {}]) => {
      await chain.warp({
        seconds: wholeNumber(seconds, MAX_WARP_SECONDS, 'seconds'),
        slots: wholeNumber(slots, 1e9, 'slots'),
      });
      return { slot: chain.slots.current, unixTimestamp: chain.slots.unixTimestamp() };
    },
    localnet_setAccount: async ([address, account]) => {
      if (typeof account?.data !== 'string') throw invalidParams('expected {lamports, owner, data (base64), executable}');
      await chain.setAccount(publicKeyBytes(address), {
        lamports: BigInt(account.lamports),
        owner: publicKeyBytes(account.owner),
        data: Buffer.from(account.data, 'base64'),
        executable: account.executable === true,
      });
      return true;
    },
  };
}

/** `--faults`: the ways in which a real RPC node lets its clients down. */
function faultControls(faults) {
  return { localnet_faults: ([wanted = {}]) => faults.set(wanted) };
}

module.exports = { testControls, faultControls };
