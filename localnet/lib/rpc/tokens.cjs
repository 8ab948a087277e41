'use strict';

// Methods that understand SPL token accounts.

const { encodeAccount, publicKeyBytes, toBase58 } = require('../encoding.cjs');
const { invalidParams } = require('../rpc-error.cjs');
const { TOKEN_PROGRAMS, decimalsOf, readMint, readTokenAccount, uiAmount } = require('../tokens.cjs');
const { withContext } = require('./context.cjs');

const LARGEST = 20;

function tokenMethods(chain) {
  const { vm } = chain;
  const lookup = (address) => vm.account(address);
  const fields = (read, account) => (account ? read(toBase58(account.owner()), Buffer.from(account.data())) : null);

  const mintAt = (address) => {
    const mint = fields(readMint, vm.account(publicKeyBytes(address)));
    if (!mint) throw invalidParams('not a Token mint');
    return mint;
  };

  /** [{address, account, token}] of the programs' token accounts that pass. */
  const tokenAccounts = (programs, passes) => programs
    .flatMap((program) => vm.programAccounts(publicKeyBytes(program)))
    .map(({ address, account }) => ({ address, account, token: fields(readTokenAccount, account) }))
    .filter(({ token }) => token !== null && passes(token));

  const heldBy = (holderOf) => ([holder, filter, config]) => {
    const wanted = publicKeyBytes(holder);
    if (!filter?.mint && !filter?.programId) throw invalidParams('expected {mint} or {programId}');
    if (filter.programId && !TOKEN_PROGRAMS.includes(filter.programId)) throw invalidParams('unrecognized Token program id');
    const mint = filter.mint ? publicKeyBytes(filter.mint) : null;
    if (mint) mintAt(filter.mint);
    const found = tokenAccounts(filter.programId ? [filter.programId] : TOKEN_PROGRAMS,
      (token) => holderOf(token)?.equals(wanted) && (mint === null || token.mint.equals(mint)));
    return withContext(chain, found.map(({ address, account }) => ({
      pubkey: toBase58(address),
      account: encodeAccount(account, config, lookup),
    })));
  };

  return {
    getTokenAccountBalance: ([address]) => {
      const token = fields(readTokenAccount, vm.account(publicKeyBytes(address)));
      if (!token) throw invalidParams('could not find account');
      return withContext(chain, uiAmount(token.amount, decimalsOf(token.mint, lookup)));
    },
    getTokenSupply: ([address]) => {
      const mint = mintAt(address);
      return withContext(chain, uiAmount(mint.supply, mint.decimals));
    },
    getTokenAccountsByOwner: heldBy((token) => token.owner),
    getTokenAccountsByDelegate: heldBy((token) => token.delegate),
    getTokenLargestAccounts: ([address]) => {
      const { decimals } = mintAt(address);
      const mint = publicKeyBytes(address);
      const largest = tokenAccounts(TOKEN_PROGRAMS, (token) => token.mint.equals(mint))
        .sort((a, b) => (a.token.amount < b.token.amount ? 1 : -1))
        .slice(0, LARGEST);
      return withContext(chain, largest.map((item) => ({
        address: toBase58(item.address),
        ...uiAmount(item.token.amount, decimals),
      })));
    },
  };
}

module.exports = { tokenMethods };
