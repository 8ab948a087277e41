'use strict';

// The wire form of a transaction (legacy and v0): parsing, and the fee it owes.

const { toBase58, base58Bytes } = require('./encoding.cjs');
const { RpcError, codes } = require('./rpc-error.cjs');

const MAX_TRANSACTION_BYTES = 1232;
const LAMPORTS_PER_SIGNATURE = 5000n;
const VERSION_BIT = 0x80;

/** Reads little pieces off a buffer in order; running past the end throws. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.offset = 0;
  }

  byte() {
    if (this.offset >= this.bytes.length) throw new RangeError('unexpected end');
    return this.bytes[this.offset++];
  }

  take(count) {
    if (this.offset + count > this.bytes.length) throw new RangeError('unexpected end');
    this.offset += count;
    return this.bytes.subarray(this.offset - count, this.offset);
  }

  /** Solana's compact-u16. */
  length() {
    let value = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
    }
    throw new RangeError('length too long');
  }

  list(item) {
    return Array.from({ length: this.length() }, () => item());
  }
}

function readMessage(reader) {
  let version = 'legacy';
  let first = reader.byte();
  if (first & VERSION_BIT) {
    version = first & ~VERSION_BIT;
    if (version !== 0) throw new RangeError('unknown version');
    first = reader.byte();
  }
  const header = {
    numRequiredSignatures: first,
    numReadonlySignedAccounts: reader.byte(),
    numReadonlyUnsignedAccounts: reader.byte(),
  };
  const keys = reader.list(() => reader.take(32));
  const blockhashOffset = reader.offset;
  const blockhash = toBase58(reader.take(32));
  const instructions = reader.list(() => ({
    programIdIndex: reader.byte(),
    accounts: [...reader.take(reader.length())],
    data: reader.take(reader.length()),
  }));
  const lookups = version === 'legacy' ? [] : reader.list(() => ({
    table: reader.take(32),
    writableIndexes: [...reader.take(reader.length())],
    readonlyIndexes: [...reader.take(reader.length())],
  }));
  if (reader.offset !== reader.bytes.length) throw new RangeError('trailing bytes');
  if (keys.length === 0 || header.numRequiredSignatures === 0) throw new RangeError('no signer');
  return { version, header, keys, blockhash, blockhashOffset, instructions, lookups };
}

/** A signed transaction's parts. `blockhashOffset` is an offset in the whole transaction. */
function parseTransaction(bytes) {
  try {
    const reader = new Reader(bytes);
    const signatures = reader.list(() => reader.take(64));
    const message = readMessage(reader);
    if (signatures.length !== message.header.numRequiredSignatures) throw new RangeError('signature count');
    return { ...message, signatures, signature: toBase58(signatures[0]) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RpcError(codes.invalidParams,
      `failed to deserialize solana_transaction::versioned::VersionedTransaction: ${error.message}`);
  }
}

function parseMessage(bytes) {
  try {
    return readMessage(new Reader(bytes));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RpcError(codes.invalidParams, `failed to deserialize message: ${error.message}`);
  }
}

/** The bytes of a transaction parameter ("base58" unless told otherwise). */
function decodeTransaction(text, encoding = 'base58') {
  if (typeof text !== 'string') throw new RpcError(codes.invalidParams, 'Invalid params: expected a transaction string');
  if (encoding !== 'base58' && encoding !== 'base64') {
    throw new RpcError(codes.invalidParams, `unsupported encoding: ${encoding}. Supported encodings: base58, base64`);
  }
  const bytes = encoding === 'base64' ? Buffer.from(text, 'base64') : base58Bytes(text);
  if (bytes.length > MAX_TRANSACTION_BYTES) {
    throw new RpcError(codes.invalidParams,
      `decoded solana_transaction::versioned::VersionedTransaction too large: ${bytes.length} bytes (max: ${MAX_TRANSACTION_BYTES} bytes)`);
  }
  return bytes;
}

/** Whether static key `index` is writable by the message's header. */
function isWritable(transaction, index) {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = transaction.header;
  return index < numRequiredSignatures
    ? index < numRequiredSignatures - numReadonlySignedAccounts
    : index < transaction.keys.length - numReadonlyUnsignedAccounts;
}

const COMPUTE_BUDGET = 'ComputeBudget111111111111111111111111111111';
const PRECOMPILES = new Set([
  'Ed25519SigVerify111111111111111111111111111', 'KeccakSecp256k11111111111111111111111111111',
  'Secp256r1SigVerify1111111111111111111111111',
]);
// Builtins are budgeted at 3,000 units when the transaction sets no limit, programs at 200,000 (SIMD-0170).
const BUILTINS = new Set([
  COMPUTE_BUDGET, '11111111111111111111111111111111', 'Vote111111111111111111111111111111111111111',
  'BPFLoader1111111111111111111111111111111111', 'BPFLoader2111111111111111111111111111111111',
  'BPFLoaderUpgradeab1e11111111111111111111111', 'LoaderV411111111111111111111111111111111111',
  'Ed25519SigVerify111111111111111111111111111', 'KeccakSecp256k11111111111111111111111111111',
]);
const MAX_COMPUTE_UNITS = 1_400_000n;

/** Lamports that the message's fee payer owes: signatures, precompile signatures and priority fee. */
function feeOf(message) {
  let signatures = BigInt(message.header.numRequiredSignatures);
  let units = 0n;
  let limit;
  let price = 0n;
  for (const { programIdIndex, data } of message.instructions) {
    const key = message.keys[programIdIndex];
    const program = key ? toBase58(key) : '';
    if (PRECOMPILES.has(program) && data.length > 0) signatures += BigInt(data[0]);
    if (program === COMPUTE_BUDGET && data[0] === 2 && data.length >= 5) limit = BigInt(data.readUInt32LE(1));
    if (program === COMPUTE_BUDGET && data[0] === 3 && data.length >= 9) price = data.readBigUInt64LE(1);
    units += BUILTINS.has(program) ? 3_000n : 200_000n;
  }
  const budget = limit ?? units;
  const capped = budget > MAX_COMPUTE_UNITS ? MAX_COMPUTE_UNITS : budget;
  return signatures * LAMPORTS_PER_SIGNATURE + (capped * price + 999_999n) / 1_000_000n;
}

module.exports = { parseTransaction, parseMessage, decodeTransaction, isWritable, feeOf };
