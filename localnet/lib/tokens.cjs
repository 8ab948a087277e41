'use strict';

// SPL Token account and mint layouts (the base layout, which Token-2022 shares).

const { fromBase58 } = require('./base58.cjs');

const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const TOKEN_2022_PROGRAM = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
const PROGRAM_NAMES = new Map([[TOKEN_PROGRAM, 'spl-token'], [TOKEN_2022_PROGRAM, 'spl-token-2022']]);
const TOKEN_PROGRAMS = [...PROGRAM_NAMES.keys()];
const TOKEN_PROGRAM_BYTES = TOKEN_PROGRAMS.map(fromBase58);

/** Whether these 32 bytes are one of the two token programs. */
const isTokenProgram = (owner) => TOKEN_PROGRAM_BYTES.some((program) => program.equals(owner));

const ACCOUNT_BYTES = 165;
const MINT_BYTES = 82;
// With extensions (Token-2022) both kinds are padded to 165 bytes, and this byte tells them apart.
const ACCOUNT_TYPE_OFFSET = 165;
const ACCOUNT_TYPE_MINT = 1;
const STATES = ['uninitialized', 'initialized', 'frozen'];

/** A token amount of `decimals` in the shape of Solana's UiTokenAmount. */
function uiAmount(amount, decimals) {
  const digits = amount.toString().padStart(decimals + 1, '0');
  const text = decimals === 0
    ? digits
    : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/\.?0+$/, '');
  return { amount: amount.toString(), decimals, uiAmount: Number(text), uiAmountString: text };
}

/** A token account's fields, or null if the data is not one. */
function readTokenAccount(program, data) {
  if (!PROGRAM_NAMES.has(program) || data.length < ACCOUNT_BYTES || data[108] === 0) return null;
  if (data.length > ACCOUNT_TYPE_OFFSET && data[ACCOUNT_TYPE_OFFSET] === ACCOUNT_TYPE_MINT) return null;
  const option = (offset) => (data.readUInt32LE(offset) ? data.subarray(offset + 4, offset + 36) : null);
  return {
    mint: data.subarray(0, 32),
    owner: data.subarray(32, 64),
    amount: data.readBigUInt64LE(64),
    delegate: option(72),
    state: STATES[data[108]],
    isNative: data.readUInt32LE(109) !== 0,
    delegatedAmount: data.readBigUInt64LE(121),
    closeAuthority: option(129),
  };
}

/** A mint's fields, or null if the data is not one. */
function readMint(program, data) {
  const isMint = data.length === MINT_BYTES
    || (data.length > ACCOUNT_TYPE_OFFSET && data[ACCOUNT_TYPE_OFFSET] === ACCOUNT_TYPE_MINT);
  if (!PROGRAM_NAMES.has(program) || !isMint || data[45] === 0) return null;
  const option = (offset) => (data.readUInt32LE(offset) ? data.subarray(offset + 4, offset + 36) : null);
  return {
    mintAuthority: option(0),
    supply: data.readBigUInt64LE(36),
    decimals: data[44],
    freezeAuthority: option(46),
  };
}

/** Decimals of a token account's mint; `lookup(bytes)` reads an account. */
function decimalsOf(mint, lookup) {
  const account = lookup(mint);
  return account ? account.data()[44] : 0;
}

/** The jsonParsed form of a token program's account, or null. */
function parseTokenProgramAccount(program, data, lookup, toBase58) {
  const optional = (bytes) => (bytes ? toBase58(bytes) : null);
  const token = readTokenAccount(program, data);
  if (token) {
    const decimals = decimalsOf(token.mint, lookup);
    const info = {
      isNative: token.isNative,
      mint: toBase58(token.mint),
      owner: toBase58(token.owner),
      state: token.state,
      tokenAmount: uiAmount(token.amount, decimals),
    };
    if (token.delegate) {
      info.delegate = toBase58(token.delegate);
      info.delegatedAmount = uiAmount(token.delegatedAmount, decimals);
    }
    if (token.closeAuthority) info.closeAuthority = toBase58(token.closeAuthority);
    return { program: PROGRAM_NAMES.get(program), space: data.length, parsed: { type: 'account', info } };
  }
  const mint = readMint(program, data);
  if (!mint) return null;
  const info = {
    decimals: mint.decimals,
    freezeAuthority: optional(mint.freezeAuthority),
    isInitialized: true,
    mintAuthority: optional(mint.mintAuthority),
    supply: mint.supply.toString(),
  };
  return { program: PROGRAM_NAMES.get(program), space: data.length, parsed: { type: 'mint', info } };
}

module.exports = {
  TOKEN_PROGRAM, TOKEN_2022_PROGRAM, TOKEN_PROGRAMS, isTokenProgram,
  uiAmount, readTokenAccount, readMint, decimalsOf, parseTokenProgramAccount,
};
