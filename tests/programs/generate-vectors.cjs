// Writes tests/vectors/*.json, which Rust, C# and JavaScript read. Deterministic: run again, same bytes.
// `node generate-vectors.cjs --check` compares instead of writing.
const fs = require('node:fs');
const path = require('node:path');
const { Keypair, PublicKey } = require('@solana/web3.js');
const { sha256, u8, u32, u64, i64, uuidToBytes, uuidToText, renderIntent, intentNonce, depositCommitment, addresses } = require('./lib/intents.cjs');

const FOLDER = path.join(__dirname, '../vectors');
const KEY_FILE = path.join(__dirname, '../../programs/keys/facilitator-keypair.json');
const PROGRAM = Keypair.fromSecretKey(Uint8Array.from(JSON.parse(fs.readFileSync(KEY_FILE)))).publicKey;

const utc = (text) => Date.parse(text);
const HOUR = 3_600_000;
const LAST_MS = utc('9999-12-31T23:59:59.999Z');
const PAPER = '550e8400-e29b-41d4-a716-446655440000';

// Each case names what it is for and overrides what that needs.
const cases = [
  { name: 'the white paper\'s own example', intentId: PAPER, jobId: PAPER, amount: 100_000_000n, at: utc('2025-01-01T00:00:00.000Z') },
  ...[
    ['one base unit', 1n], ['ten base units', 10n], ['a hundred base units', 100n], ['a thousandth', 1_000n],
    ['a hundredth', 10_000n], ['a tenth', 100_000n], ['one below a whole', 999_999n], ['a whole', 1_000_000n],
    ['one above a whole', 1_000_001n], ['ten above a whole', 1_000_010n], ['one and a half', 1_500_000n],
    ['ten', 10_000_000n], ['six decimals in use', 123_456_789n], ['a zero inside the fraction', 1_050_000n],
    ['a zero at the start of the fraction', 2_012_300n], ['a million', 1_000_000_000_000n],
    ['2^32', 4_294_967_296n], ['2^53', 9_007_199_254_740_992n], ['2^53 + 1', 9_007_199_254_740_993n],
    ['the largest i64', 9_223_372_036_854_775_807n], ['one above the largest i64', 9_223_372_036_854_775_808n],
    ['the largest u64', 18_446_744_073_709_551_615n], ['one below the largest u64', 18_446_744_073_709_551_614n],
  ].map(([name, amount]) => ({ name: `amount: ${name}`, amount })),
  ...[
    ['the epoch', 0, 1], ['one millisecond after the epoch', 1], ['the last ms of the first day', 86_399_999],
    ['29 February 2024', utc('2024-02-29T12:34:56.789Z')], ['28 February of a leap year into the 29th', utc('2028-02-28T23:59:59.999Z'), 1],
    ['29 February into March', utc('2028-02-29T23:59:59.999Z'), 1], ['28 February of a common year into March', utc('2027-02-28T23:59:59.999Z'), 1],
    ['29 February 2000, a leap century', utc('2000-02-29T00:00:00.000Z')], ['28 February 2100, not a leap year', utc('2100-02-28T23:30:00.000Z')],
    ['across the year', utc('2025-12-31T23:59:59.999Z'), 1], ['first instant of a year', utc('2026-01-01T00:00:00.000Z')],
    ['across a leap year\'s end', utc('2024-12-31T23:30:00.000Z')], ['milliseconds with leading zeros', utc('2026-06-07T08:09:01.002Z')],
    ['a day, the longest lifetime', utc('2026-03-01T00:00:00.000Z'), 24 * HOUR], ['beyond 2^31 seconds', utc('2038-01-19T03:14:07.999Z'), 1],
    ['the 400-year cycle ends', utc('2399-12-31T23:59:59.999Z'), 1], ['the last year that renders', LAST_MS - HOUR],
  ].map(([name, at, lifetime]) => ({ name: `time: ${name}`, at, lifetime })),
  { name: 'ids: all zeros', intentId: uuidToText(Buffer.alloc(16)), jobId: uuidToText(Buffer.alloc(16)) },
  { name: 'ids: all ones', intentId: uuidToText(Buffer.alloc(16, 255)), jobId: uuidToText(Buffer.alloc(16, 255)) },
  { name: 'ids: every byte differs, so a mixed-endian reading shows', intentId: '00112233-4455-6677-8899-aabbccddeeff', jobId: 'ffeeddcc-bbaa-9988-7766-554433221100' },
  { name: 'commitment: zero salt', salt: Buffer.alloc(32) },
  { name: 'commitment: zero spec hash', specHash: Buffer.alloc(32) },
  { name: 'commitment: zero cluster', cluster: Buffer.alloc(32) },
  { name: 'commitment: cluster of ones', cluster: Buffer.alloc(32, 255) },
  { name: 'commitment: settle_by a week ahead', settleAfter: 7 * 86_400 },
  { name: 'commitment: settle_by equals the expiry', settleAfter: 0 },
];

const key = (seed) => Keypair.fromSeed(sha256('vector key', seed)).publicKey;
/** A random-looking version 4 UUID that never changes. */
function uuid(seed) {
  const bytes = sha256('vector uuid', seed).subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return uuidToText(bytes);
}

function vector(c, index) {
  const seed = `${index}`;
  const intentId = c.intentId ?? uuid(`intent ${seed}`);
  const jobId = c.jobId ?? uuid(`job ${seed}`);
  const timestampMs = c.at ?? utc('2026-05-04T10:20:30.400Z') + index * 61_001;
  const expiresMs = timestampMs + (c.lifetime ?? HOUR);
  const settleBy = Math.floor(expiresMs / 1000) + (c.settleAfter ?? 86_400);
  const cluster = c.cluster ?? sha256('vector cluster', String(index % 3));
  const [mint, payer] = [key(`mint ${index % 2}`), key(`payer ${seed}`)];
  const specHash = c.specHash ?? sha256('vector spec', seed);
  const salt = c.salt ?? sha256('vector salt', seed);
  const nonce = intentNonce({ cluster, program: PROGRAM, mint, payer, specHash, settleBy, salt });
  const amount = c.amount ?? 100_000_000n;
  const at = addresses(PROGRAM);
  const id = uuidToBytes(intentId);
  return {
    name: c.name, intentId, jobId, amountBaseUnits: amount.toString(), timestampMs, expiresMs,
    cluster: cluster.toString('hex'), program: PROGRAM.toBase58(), mint: mint.toBase58(), payer: payer.toBase58(),
    specHash: specHash.toString('hex'), settleBy, saltHex: salt.toString('hex'), nonceHex: nonce.toString('hex'),
    text: renderIntent({ id: intentId, job: jobId, amount, timestamp: timestampMs, expires: expiresMs, nonce }),
    pdaPayment: at.payment(id).toBase58(), pdaEscrow: at.escrow(id).toBase58(),
    pdaConfig: at.config.toBase58(), pdaAllowance: at.allowance(new PublicKey(payer)).toBase58(),
  };
}

// What the oracles sign. The extremes of every width, so that a wrong one shows.
const attestations = [
  { name: 'a success', attempt: 1, verdict: 0, charge: 40_000_001n, validUntil: 1_790_000_600, reason: 2 },
  { name: 'a job\'s own fault', attempt: 1, verdict: 1, charge: 1n, validUntil: 1_790_000_600, reason: 1 },
  { name: 'a cancelled run', attempt: 2, verdict: 2, charge: 123_456n, validUntil: 1_790_000_601, reason: 1 },
  { name: 'never assigned', attempt: 0, verdict: 0, charge: 1n, validUntil: 1, reason: 0 },
  { name: 'the largest values', attempt: 4_294_967_295, verdict: 255, charge: 18_446_744_073_709_551_615n, validUntil: Number.MAX_SAFE_INTEGER, reason: 255 },
  { name: 'attempt 256, where the byte order shows', attempt: 256, verdict: 0, charge: 256n, validUntil: 256, reason: 3 },
];

function attestation(a, index) {
  const seed = `attestation ${index}`;
  const intentId = uuid(seed);
  const [cluster, node] = [sha256('vector cluster', seed), key(`node ${seed}`)];
  const [executionHash, logsHash] = [sha256('vector execution', seed), sha256('vector logs', seed)];
  const [deployment, id, attempt, validUntil] = [[cluster, PROGRAM.toBuffer()], uuidToBytes(intentId), u32(a.attempt), i64(a.validUntil)];
  const proof = sha256('HYPERNODE/usage-proof/v1', ...deployment, id, attempt, node.toBuffer(), executionHash, logsHash, u8(a.verdict), u64(a.charge), validUntil);
  const refund = sha256('HYPERNODE/refund/v1', ...deployment, id, attempt, u8(a.reason), validUntil);
  return {
    name: a.name, cluster: cluster.toString('hex'), program: PROGRAM.toBase58(), intentId, attempt: a.attempt, node: node.toBase58(),
    executionHash: executionHash.toString('hex'), logsHash: logsHash.toString('hex'), verdict: a.verdict, charge: a.charge.toString(),
    reason: a.reason, validUntil: a.validUntil, usageProofDigest: proof.toString('hex'), refundDigest: refund.toString('hex'),
  };
}

// Terms of x402 deposits, and the addresses that commit to them.
const deposits = [
  { name: 'a job', amount: 100_000_000n, settleBy: 1_790_086_400 },
  { name: 'one base unit', amount: 1n, settleBy: 1 },
  { name: 'the largest values', amount: 18_446_744_073_709_551_615n, settleBy: Number.MAX_SAFE_INTEGER },
  { name: 'byte orders', amount: 256n, settleBy: 256, intentId: '00112233-4455-6677-8899-aabbccddeeff', jobId: 'ffeeddcc-bbaa-9988-7766-554433221100' },
  { name: 'an intent and a job of one id', amount: 100_000_000n, settleBy: 1_790_086_400, intentId: PAPER, jobId: PAPER },
];

function deposit(d, index) {
  const seed = `deposit ${index}`;
  const [intentId, jobId] = [d.intentId ?? uuid(`intent ${seed}`), d.jobId ?? uuid(`job ${seed}`)];
  const [cluster, mint, payer] = [sha256('vector cluster', seed), key(`mint ${seed}`), key(`payer ${seed}`)];
  const commitment = depositCommitment({ cluster, program: PROGRAM, mint, id: uuidToBytes(intentId), job: uuidToBytes(jobId), payer, amount: d.amount, settleBy: d.settleBy });
  return {
    name: d.name, cluster: cluster.toString('hex'), program: PROGRAM.toBase58(), mint: mint.toBase58(), intentId, jobId, payer: payer.toBase58(),
    amount: d.amount.toString(), settleBy: d.settleBy, commitment: commitment.toString('hex'), pdaDeposit: addresses(PROGRAM).deposit(commitment).toBase58(),
  };
}

const files = { 'payment-intents.json': cases.map(vector), 'attestations.json': attestations.map(attestation), 'deposits.json': deposits.map(deposit) };
for (const [name, vectors] of Object.entries(files)) {
  const file = path.join(FOLDER, name);
  const json = `${JSON.stringify(vectors, null, 2)}\n`;
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(file, json);
    console.log(`${name}: ${vectors.length} vectors for program ${PROGRAM.toBase58()}`);
  } else if (fs.readFileSync(file, 'utf8') !== json) {
    console.error(`${name} is not what the generator writes`);
    process.exitCode = 1;
  }
}
