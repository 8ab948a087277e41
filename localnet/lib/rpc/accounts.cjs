'use strict';

// Methods that read accounts.

const { encodeAccount, matchesFilters, publicKeyBytes, toBase58 } = require('../encoding.cjs');
const { RpcError, codes, invalidParams } = require('../rpc-error.cjs');
const { withContext, checkMinContextSlot } = require('./context.cjs');

const MAX_MULTIPLE_ACCOUNTS = 100;
const MAX_ACCOUNT_BYTES = 10 * 1024 * 1024;

function accountMethods(chain) {
  const { vm } = chain;
  const lookup = (address) => vm.account(address);
  return {
    getBalance: ([address, config]) => {
      checkMinContextSlot(chain, config);
      return withContext(chain, vm.balance(publicKeyBytes(address)));
    },
    getAccountInfo: ([address, config]) => {
      checkMinContextSlot(chain, config);
      return withContext(chain, encodeAccount(vm.account(publicKeyBytes(address)), config, lookup));
    },
    getMultipleAccounts: ([addresses, config]) => {
      checkMinContextSlot(chain, config);
      if (!Array.isArray(addresses)) throw invalidParams('expected a list of public keys');
      if (addresses.length > MAX_MULTIPLE_ACCOUNTS) {
        throw new RpcError(codes.invalidParams, `Too many inputs provided; max ${MAX_MULTIPLE_ACCOUNTS}`);
      }
      return withContext(chain, addresses.map((address) =>
        encodeAccount(vm.account(publicKeyBytes(address)), config, lookup, 'base64')));
    },
    getProgramAccounts: ([program, config = {}]) => {
      checkMinContextSlot(chain, config);
      const found = vm.programAccounts(publicKeyBytes(program))
        .filter(({ account }) => matchesFilters(Buffer.from(account.data()), config?.filters))
        .map(({ address, account }) => ({ pubkey: toBase58(address), account: encodeAccount(account, config, lookup) }));
      return config?.withContext ? withContext(chain, found) : found;
    },
    getMinimumBalanceForRentExemption: ([bytes]) => {
      if (!Number.isInteger(bytes) || bytes < 0 || bytes > MAX_ACCOUNT_BYTES) throw invalidParams('expected a data length in bytes');
      return vm.rentExemptMinimum(bytes);
    },
  };
}

module.exports = { accountMethods };
