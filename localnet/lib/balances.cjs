'use strict';

// The balances that getTransaction reports before and after: lamports, and tokens of token accounts.

const { toBase58 } = require('./base58.cjs');
const { isTokenProgram, readTokenAccount, decimalsOf, uiAmount } = require('./tokens.cjs');

const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/** A JavaScript number where that is exact, else its digits. */
const exact = (integer) => (integer <= MAX_EXACT ? Number(integer) : integer.toString());

/** Lamports of each key. */
function balancesOf(vm, keys) {
  return keys.map((key) => exact(vm.balance(key)));
}

/**
 * What a transaction's accounts hold: {lamports: [], tokens: []}. `before` is the same of the moment before: what the
 * transaction cannot write (`writable(index)`) is as it was then, and is not read again.
 */
function holdingsOf(vm, keys, before = null, writable = () => true) {
  const decimals = new Map();
  const lookup = (mint) => {
    const text = toBase58(mint);
    if (!decimals.has(text)) decimals.set(text, decimalsOf(mint, (address) => vm.account(address)));
    return { mint: text, decimals: decimals.get(text) };
  };
  const lamports = [];
  const tokens = [];
  keys.forEach((key, index) => {
    if (before && !writable(index)) {
      lamports.push(before.lamports[index]);
      const same = before.tokens.find((token) => token.accountIndex === index);
      if (same) tokens.push(same);
      return;
    }
    const account = vm.account(key);
    lamports.push(account ? exact(account.lamports()) : 0);
    const token = account ? tokenBalance(account, index, lookup) : null;
    if (token) tokens.push(token);
  });
  return { lamports, tokens };
}

function tokenBalance(account, accountIndex, lookup) {
  const owner = account.owner();
  if (!isTokenProgram(owner)) return null; // most accounts: told by their bytes, before anything is copied
  const programId = toBase58(owner);
  const token = readTokenAccount(programId, Buffer.from(account.data()));
  if (!token) return null;
  const { mint, decimals } = lookup(token.mint);
  return { accountIndex, mint, owner: toBase58(token.owner), programId, uiTokenAmount: uiAmount(token.amount, decimals) };
}

module.exports = { balancesOf, holdingsOf, exact };
