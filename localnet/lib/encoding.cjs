'use strict';

// Text forms of what goes over the wire: base58, JSON with 64-bit integers, accounts.

const crypto = require('node:crypto');
const { fromBase58, toBase58 } = require('./base58.cjs');
const { RpcError, codes, invalidParams } = require('./rpc-error.cjs');
const { parseTokenProgramAccount } = require('./tokens.cjs');

const MAX_BASE58_BYTES = 128;

/** 32 bytes from base58, or Solana's own complaint about the parameter. */
function publicKeyBytes(text) {
  if (typeof text !== 'string') throw invalidParams('expected a base58 public key');
  const bytes = fromBase58(text);
  if (!bytes) throw invalidParams('Invalid');
  if (bytes.length !== 32) throw invalidParams('WrongSize');
  return bytes;
}

function base58Bytes(text) {
  const bytes = typeof text === 'string' ? fromBase58(text) : undefined;
  if (!bytes) throw invalidParams('invalid base58 encoding');
  return bytes;
}

// JSON.stringify refuses BigInt, and a u64 does not fit a double: each is written as a marked string
// first, and the quotes and the mark are taken off after. The mark is random, so no input can forge it.
const MARK = `u64:${crypto.randomBytes(8).toString('hex')}:`;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g');

function toJson(value) {
  try {
    return JSON.stringify(value); // most have no 64-bit integer in them, and a replacer takes four times as long
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? MARK + item : item)).replace(MARKED, '$1');
  }
}

const exists = (account) => account !== null && account !== undefined && account.lamports() > 0n;

/**
 * A LiteSVM account in the shape of getAccountInfo's value; null for an absent one.
 * `config` is the caller's {encoding, dataSlice}; `lookup` reads other accounts (a token's mint).
 */
function encodeAccount(account, config, lookup, defaultEncoding = 'binary') {
  if (!exists(account)) return null;
  const data = Buffer.from(account.data());
  return {
    lamports: account.lamports(),
    owner: toBase58(account.owner()),
    executable: account.executable(),
    rentEpoch: 18446744073709551615n,
    space: data.length,
    data: encodeData(account, data, config ?? {}, lookup, defaultEncoding),
  };
}

function encodeData(account, data, config, lookup, defaultEncoding) {
  const encoding = config.encoding ?? defaultEncoding;
  if (encoding === 'jsonParsed') {
    const parsed = parseTokenProgramAccount(toBase58(account.owner()), data, lookup, toBase58);
    return parsed ?? [data.toString('base64'), 'base64'];
  }
  const slice = config.dataSlice
    ? data.subarray(config.dataSlice.offset, config.dataSlice.offset + config.dataSlice.length)
    : data;
  if (encoding === 'base64') return [slice.toString('base64'), 'base64'];
  if (encoding !== 'base58' && encoding !== 'binary') {
    throw new RpcError(codes.invalidParams, `Invalid params: encoding ${encoding} is not offered by this node`);
  }
  if (slice.length > MAX_BASE58_BYTES) {
    throw new RpcError(codes.invalidRequest,
      'Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.');
  }
  return encoding === 'binary' ? toBase58(slice) : [toBase58(slice), 'base58'];
}

/** Whether account data passes getProgramAccounts' filters (dataSize, memcmp). */
function matchesFilters(data, filters = []) {
  if (!Array.isArray(filters)) throw invalidParams('filters must be an array');
  return filters.every((filter) => {
    if (filter.dataSize !== undefined) return data.length === filter.dataSize;
    if (filter.tokenAccountState !== undefined) return data.length >= 165 && data[108] !== 0;
    if (!filter.memcmp) throw invalidParams('unknown filter');
    const { bytes, encoding, offset = 0 } = filter.memcmp;
    const wanted = encoding === 'base64' ? Buffer.from(bytes, 'base64') : base58Bytes(bytes);
    return data.length >= offset + wanted.length && wanted.equals(data.subarray(offset, offset + wanted.length));
  });
}

module.exports = { toBase58, publicKeyBytes, base58Bytes, toJson, exists, encodeAccount, matchesFilters };
