'use strict';

// The balances that getTransaction reports before and after: lamports, and tokens of token accounts.

const { toBase58 } = require('./encoding.cjs');
const { decimalsOf, readTokenAccount, uiAmount } = require('./tokens.cjs');

const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/** Lamports of each key; a JavaScript number where that is exact. */
function balancesOf(vm, keys) {
  return keys.map((key) => {
    const lamports = vm.balance(key);
    return lamports <= MAX_EXACT ? Number(lamports) : lamports.toString();
  });
}

function tokenBalancesOf(vm, keys) {
  const balances = [];
  keys.forEach((key, accountIndex) => {
    const account = vm.account(key);
    if (!account) return;
    const programId = toBase58(account.owner());
    const token = readTokenAccount(programId, Buffer.from(account.data()));
    if (!token) return;
    const decimals = decimalsOf(token.mint, (address) => vm.account(address));
    balances.push({
      accountIndex,
      mint: toBase58(token.mint),
      owner: toBase58(token.owner),
      programId,
      uiTokenAmount: uiAmount(token.amount, decimals),
    });
  });
  return balances;
}

module.exports = { balancesOf, tokenBalancesOf };
