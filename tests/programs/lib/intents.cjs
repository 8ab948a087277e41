// The payer's side of a payment intent, written independently of the program: ids, the text, the nonce, the addresses.
const { createHash } = require('node:crypto');
const { PublicKey } = require('@solana/web3.js');

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();

/** Little-endian integers, as borsh writes them. */
const u8 = (value) => Buffer.from([value]);
const u32 = (value) => { const b = Buffer.alloc(4); b.writeUInt32LE(value); return b; };
const u64 = (value) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(BigInt(value)); return b; };
const i64 = (value) => { const b = Buffer.alloc(8); b.writeBigInt64LE(BigInt(value)); return b; };

/** A UUID's 16 bytes in the order of its text (network order). */
const uuidToBytes = (uuid) => Buffer.from(uuid.replace(/-/g, ''), 'hex');
const uuidToText = (bytes) =>
  Buffer.from(bytes).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Base units (10^-6 HYPER) as the text shows them: at least one decimal, no trailing zeros beyond it. */
function amountToText(baseUnits) {
  const value = BigInt(baseUnits);
  const fraction = (value % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
  return `${value / 1_000_000n}.${fraction || '0'}`;
}

/** The text that a payer signs. `id` and `job` are UUID texts or bytes; times are ms; `nonce` is 32 bytes. No newline at the end. */
function renderIntent({ id, job, amount, timestamp, expires, nonce }) {
  const uuid = (value) => (typeof value === 'string' ? value : uuidToText(value));
  return [
    'HYPERNODE Payment Intent',
    '',
    `Intent ID: ${uuid(id)}`,
    `Job ID: job-${uuid(job)}`,
    `Amount: ${amountToText(amount)} HYPER`,
    `Timestamp: ${new Date(Number(timestamp)).toISOString()}`,
    `Expires: ${new Date(Number(expires)).toISOString()}`,
    `Nonce: ${Buffer.from(nonce).toString('hex')}`,
    '',
    'By signing this message, you authorize this payment.',
  ].join('\n');
}

/** The nonce commits to everything that the text itself does not say. Keys are PublicKeys, the rest 32-byte buffers. */
const intentNonce = ({ cluster, program, mint, payer, specHash, settleBy, salt }) =>
  sha256('HYPERNODE/intent-nonce/v1', cluster, program.toBuffer(), mint.toBuffer(), payer.toBuffer(), specHash, i64(settleBy), salt);

/** What the address of an x402 deposit commits to: all of its payment's terms. */
const depositCommitment = ({ cluster, program, mint, id, job, payer, amount, settleBy }) =>
  sha256('HYPERNODE/deposit/v1', cluster, program.toBuffer(), mint.toBuffer(), id, job, payer.toBuffer(), u64(amount), i64(settleBy));

/** Every address that the facilitator derives; the only place in JavaScript that knows the seeds. */
function addresses(program) {
  const find = (...seeds) => PublicKey.findProgramAddressSync(seeds.map((seed) => Buffer.from(seed)), program)[0];
  return {
    config: find('config'),
    rotation: find('rotation'),
    payment: (id) => find('payment', id),
    escrow: (id) => find('escrow', id),
    allowance: (wallet) => find('allowance', wallet.toBuffer()),
    deposit: (commitment) => find('deposit', commitment),
  };
}

module.exports = { sha256, u8, u32, u64, i64, uuidToBytes, uuidToText, amountToText, renderIntent, intentNonce, depositCommitment, addresses };
