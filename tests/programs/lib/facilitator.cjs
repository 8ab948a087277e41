// The facilitator's interface in JavaScript: instructions, attestations, accounts and events. Shared by these tests and
// the localnet's.
const { createPrivateKey, sign } = require('node:crypto');
const { PublicKey, SystemProgram, SYSVAR_INSTRUCTIONS_PUBKEY, TransactionInstruction } = require('@solana/web3.js');
const { TOKEN_PROGRAM_ID, getAssociatedTokenAddressSync } = require('@solana/spl-token');
const { sha256, u8, u32, u64, i64, depositCommitment, addresses } = require('./intents.cjs');
const {
  UPGRADEABLE_LOADER, programDataAddress, readOnly, writable, signer, writableSigner, discriminator, instructionsOf, decode, eventsIn,
} = require('./anchor.cjs');

const ED25519_PROGRAM = new PublicKey('Ed25519SigVerify111111111111111111111111111');

/** An Ed25519 signature by a web3.js Keypair. */
function signWith(keypair, message) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), keypair.secretKey.subarray(0, 32)]);
  return sign(null, message, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

const CURRENT_INSTRUCTION = 0xffff;

/** The precompile's instruction from entries, whose offsets are the caller's business, and the bytes behind them. */
function ed25519Raw(entries, ...bytes) {
  const head = Buffer.alloc(2 + 14 * entries.length);
  head[0] = entries.length;
  entries.forEach((entry, i) => {
    const fields = [entry.signature, entry.signatureIn ?? CURRENT_INSTRUCTION, entry.key, entry.keyIn ?? CURRENT_INSTRUCTION,
      entry.message, entry.length, entry.messageIn ?? CURRENT_INSTRUCTION];
    fields.forEach((field, j) => head.writeUInt16LE(field, 2 + 14 * i + 2 * j));
  });
  return new TransactionInstruction({ programId: ED25519_PROGRAM, keys: [], data: Buffer.concat([head, ...bytes]) });
}

/** Signatures of all `keypairs` over one shared copy of `message`. `index` names the instruction itself instead of 0xffff. */
function ed25519(keypairs, message, { index = CURRENT_INSTRUCTION } = {}) {
  const base = 2 + 14 * keypairs.length;
  const at = (i) => base + 96 * i;
  const entries = keypairs.map((_, i) => ({
    key: at(i), signature: at(i) + 32, message: at(keypairs.length), length: message.length,
    signatureIn: index, keyIn: index, messageIn: index,
  }));
  const signed = keypairs.map((keypair) => Buffer.concat([keypair.publicKey.toBuffer(), signWith(keypair, message)]));
  return ed25519Raw(entries, ...signed, message);
}

/** Builders for one deployment: `program`, `mint`, `facilitator`, `cluster`, `protocolVault`, `platformVault`. */
function facilitator({ program, mint, facilitator: relayer, cluster, protocolVault, platformVault }) {
  const at = addresses(program);
  const instruction = instructionsOf(program);

  // Every builder takes `o` whose fields override an account, for tests that pass the wrong one.
  const closing = (p, o) => [
    writable(o.payment ?? at.payment(p.id)), writable(o.escrow ?? at.escrow(p.id)), writable(o.payerToken ?? p.payerToken),
    writable(o.rentPayer ?? relayer),
  ];
  const config = (o) => readOnly(o.config ?? at.config);
  // A payment that is not in HYPER says so: `mint`, `protocolVault` and `platformVault`.
  const mintOf = (o, p = {}) => readOnly(o.mint ?? p.mint ?? mint);
  const vaults = (meta, o, p = {}) => [meta(o.protocolVault ?? p.protocolVault ?? protocolVault), meta(o.platformVault ?? p.platformVault ?? platformVault)];
  /** `other`: `{ mint, protocolVault, platformVault }` of a further mint, left out by the program's own address. */
  const otherVaults = ({ other = {} }) => [readOnly(other.protocolVault ?? program), readOnly(other.platformVault ?? program)];
  const otherMint = (o) => [readOnly(o.other?.mint ?? program), ...otherVaults(o)];
  const tokens = (o) => readOnly(o.tokenProgram ?? TOKEN_PROGRAM_ID);
  const authority = (meta, key, o) => (o.unsigned ? { ...meta(key), isSigner: false } : meta(key));
  const programData = (o) => readOnly(o.programData ?? programDataAddress(program));
  const depositOf = (p) => at.deposit(depositCommitment({ cluster, program, mint: p.mint ?? mint, ...p }));
  const depositTokenOf = (p) => getAssociatedTokenAddressSync(p.mint ?? mint, depositOf(p), true);
  const depositArguments = (p) => [p.id, p.job, u64(p.amount), i64(p.settleBy)];
  const sysvar = (o) => readOnly(o.instructions ?? SYSVAR_INSTRUCTIONS_PUBKEY);

  return {
    at,
    /** Where an x402 client pays to, and the token account that its transfer lands in. */
    depositOf, depositTokenOf,

    initialize: (c, o = {}) => instruction('initialize', [
      writableSigner(c.upgradeAuthority), writable(o.config ?? at.config), mintOf(o), ...vaults(readOnly, o), ...otherMint(c),
      readOnly(o.programData ?? programDataAddress(program)), readOnly(o.systemProgram ?? SystemProgram.programId),
    ], c.cluster ?? cluster, (c.facilitator ?? relayer).toBuffer(), c.assigner.toBuffer(), ...c.oracles.map((k) => k.toBuffer()),
    u8(c.threshold ?? 3), i64(c.refundGrace)),

    authorizeIntent: (p, o = {}) => instruction('authorize_intent', [
      writableSigner(o.relayer ?? relayer), config(o), mintOf(o, p), writable(o.payerToken ?? p.payerToken),
      readOnly(o.allowance ?? at.allowance(p.payer)), writable(o.payment ?? at.payment(p.id)), writable(o.escrow ?? at.escrow(p.id)),
      sysvar(o), tokens(o), readOnly(SystemProgram.programId),
    ], p.id, p.job, u64(p.amount), u64(p.timestamp), u64(p.expires), p.specHash, i64(p.settleBy), p.salt),

    authorizePayment: (p, o = {}) => instruction('authorize_payment', [
      o.unsigned ? readOnly(p.payer) : signer(p.payer), writableSigner(o.rentPayer ?? relayer), config(o), mintOf(o, p),
      writable(o.payerToken ?? p.payerToken), writable(o.payment ?? at.payment(p.id)), writable(o.escrow ?? at.escrow(p.id)),
      tokens(o), readOnly(SystemProgram.programId),
    ], p.id, p.job, u64(p.amount), i64(p.expiresAt), i64(p.settleBy)),

    activateIntent: (p, o = {}) => instruction('activate_intent', [
      authority(writableSigner, o.relayer ?? relayer, o), config(o), mintOf(o, p), readOnly(o.payer ?? p.payer), readOnly(o.deposit ?? depositOf(p)),
      writable(o.depositToken ?? depositTokenOf(p)), writable(o.payerToken ?? p.payerToken), writable(o.payment ?? at.payment(p.id)),
      writable(o.escrow ?? at.escrow(p.id)), tokens(o), readOnly(o.systemProgram ?? SystemProgram.programId),
    ], ...depositArguments(p)),

    reclaimDeposit: (p, o = {}) => instruction('reclaim_deposit', [
      config(o), mintOf(o, p), readOnly(o.payer ?? p.payer), readOnly(o.deposit ?? depositOf(p)), writable(o.depositToken ?? depositTokenOf(p)),
      writable(o.payerToken ?? p.payerToken), readOnly(o.payment ?? at.payment(p.id)), writable(o.facilitator ?? relayer), tokens(o),
    ], ...depositArguments(p)),

    assignNode: (p, assigner, o = {}) => instruction('assign_node',
      [o.unsigned ? readOnly(assigner) : signer(assigner), config(o), writable(o.payment ?? at.payment(p.id))],
      u32(p.attempt), p.node.toBuffer()),

    submitUsageProof: (p, proof, o = {}) => instruction('submit_usage_proof', [
      config(o), mintOf(o, p), writable(o.payment ?? at.payment(p.id)), writable(o.escrow ?? at.escrow(p.id)),
      writable(o.nodeToken ?? p.nodeToken), ...vaults(writable, o, p),
      writable(o.payerToken ?? p.payerToken), writable(o.rentPayer ?? relayer), sysvar(o), tokens(o),
    ], u32(proof.attempt), u8(proof.verdict), u64(proof.charge), proof.executionHash, proof.logsHash, i64(proof.validUntil)),

    refundFailed: (p, failure, o = {}) => instruction('refund_failed',
      [config(o), mintOf(o, p), ...closing(p, o), sysvar(o), tokens(o)],
      u32(failure.attempt), u8(failure.reason), i64(failure.validUntil)),

    cancel: (p, authority, o = {}) => instruction('cancel',
      [o.unsigned ? readOnly(authority) : signer(authority), config(o), mintOf(o, p), ...closing(p, o), tokens(o)]),

    refundExpired: (p, o = {}) => instruction('refund_expired', [config(o), mintOf(o, p), ...closing(p, o), tokens(o)]),

    closeIntent: (p, o = {}) => instruction('close_intent', [writable(o.payment ?? at.payment(p.id)), writable(o.rentPayer ?? relayer)]),

    setPaused: (by, paused, o = {}) => instruction('set_paused',
      [authority(signer, by, o), writable(o.config ?? at.config), programData(o)], u8(paused ? 1 : 0)),

    /** `c` as for `initialize`; the further mint is in `o`, as in `applyRotation`. */
    proposeRotation: (c, o = {}) => instruction('propose_rotation', [
      authority(writableSigner, c.upgradeAuthority, o), config(o), writable(o.rotation ?? at.rotation), ...vaults(readOnly, o),
      ...otherMint(o), programData(o), readOnly(o.systemProgram ?? SystemProgram.programId),
    ], (c.facilitator ?? relayer).toBuffer(), c.assigner.toBuffer(), ...c.oracles.map((k) => k.toBuffer()), u8(c.threshold ?? 3)),

    withdrawRotation: (by, o = {}) => instruction('withdraw_rotation',
      [authority(signer, by, o), writable(o.rotation ?? at.rotation), writable(o.rentPayer ?? by), programData(o)]),

    applyRotation: (rentPayer, o = {}) => instruction('apply_rotation', [
      writable(o.config ?? at.config), writable(o.rotation ?? at.rotation), writable(o.rentPayer ?? rentPayer),
      ...vaults(readOnly, o), ...otherVaults(o),
    ]),

    renderIntent: (p) => instruction('render_intent', [],
      p.id, p.job, u64(p.amount), u64(p.timestamp), u64(p.expires), p.nonce),

    /** What the oracles sign: 32 bytes. */
    usageProofDigest: (p, proof, o = {}) => sha256(o.domain ?? 'HYPERNODE/usage-proof/v1', o.cluster ?? cluster,
      (o.program ?? program).toBuffer(), p.id, u32(proof.attempt), (o.node ?? p.node).toBuffer(), proof.executionHash, proof.logsHash,
      u8(proof.verdict), u64(proof.charge), i64(proof.validUntil)),
    refundDigest: (p, failure, o = {}) => sha256(o.domain ?? 'HYPERNODE/refund/v1', o.cluster ?? cluster,
      (o.program ?? program).toBuffer(), p.id, u32(failure.attempt), u8(failure.reason), i64(failure.validUntil)),
  };
}

// ---- accounts and events

const decodeConfig = (data) => decode(data, 'account:Config', (r) => ({
  cluster: r.bytes(32), facilitator: r.key(), assigner: r.key(), mint: r.key(), protocolVault: r.key(), platformVault: r.key(),
  oracles: [r.key(), r.key(), r.key(), r.key(), r.key()], threshold: r.u8(), refundGrace: r.i64(), bump: r.u8(), paused: r.u8() === 1,
  others: [1, 2, 3].map(() => ({ mint: r.key(), protocolVault: r.key(), platformVault: r.key() })),
}));

const STATUS = ['Pending', 'Completed', 'Refunded'];
const decodePaymentIntent = (data) => decode(data, 'account:PaymentIntent', (r) => ({
  intentId: r.bytes(16), jobId: r.bytes(16), payer: r.key(), rentPayer: r.key(), mint: r.key(), amount: r.u64(), status: STATUS[r.u8()],
  via: r.u8(), bump: r.u8(), escrowBump: r.u8(), attempt: r.u32(), assignedNode: r.key(), createdAt: r.i64(), expiresAt: r.i64(),
  settleBy: r.i64(), closableAt: r.i64(), verifiedAt: r.i64(), charge: r.u64(), executionHash: r.bytes(32), logsHash: r.bytes(32),
}));

const rotationEvent = (r) => ({ rotation: r.key(), dueAt: r.i64() });
const EVENTS = {
  PaymentAuthorized: (r) => ({ intentId: r.bytes(16), jobId: r.bytes(16), payer: r.key(), amount: r.u64(), settleBy: r.i64(), via: r.u8() }),
  NodeAssigned: (r) => ({ intentId: r.bytes(16), attempt: r.u32(), node: r.key() }),
  PaymentCompleted: (r) => ({
    intentId: r.bytes(16), node: r.key(), amount: r.u64(), nodeShare: r.u64(), protocolFee: r.u64(), platformFee: r.u64(), refund: r.u64(),
    executionHash: r.bytes(32), logsHash: r.bytes(32), verdict: r.u8(),
  }),
  PaymentRefunded: (r) => ({ intentId: r.bytes(16), payer: r.key(), amount: r.u64(), reason: r.u8() }),
  PaymentClosed: (r) => ({ intentId: r.bytes(16), rentPayer: r.key() }),
  DepositReclaimed: (r) => ({ intentId: r.bytes(16), payer: r.key(), mint: r.key(), amount: r.u64() }),
  IntakePaused: (r) => ({ paused: r.u8() === 1 }),
  RotationProposed: rotationEvent, RotationWithdrawn: rotationEvent, RotationApplied: rotationEvent,
};

/** The events in a transaction's log lines, as `{ name, ...fields }`. */
const decodeEvents = (logs) => eventsIn(logs, EVENTS);

module.exports = {
  ED25519_PROGRAM, UPGRADEABLE_LOADER, programDataAddress, discriminator, signWith, ed25519, ed25519Raw, facilitator,
  decodeConfig, decodePaymentIntent, decodeEvents,
};
