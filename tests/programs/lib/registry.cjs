// The Node Registry's interface in JavaScript: instructions, attestations, accounts and events.
const { PublicKey, SystemProgram, SYSVAR_INSTRUCTIONS_PUBKEY, TransactionInstruction } = require('@solana/web3.js');
const { TOKEN_PROGRAM_ID } = require('@solana/spl-token');
const { sha256, u8, u32, u64, i64 } = require('./intents.cjs');
const { discriminator, programDataAddress } = require('./facilitator.cjs');

const u16 = (value) => { const b = Buffer.alloc(2); b.writeUInt16LE(value); return b; };
const string = (text) => Buffer.concat([u32(Buffer.byteLength(text)), Buffer.from(text)]);

const STATUS = ['Active', 'Offline', 'Slashed', 'Draining', 'Jailed', 'Retired'];
const statusByte = (status) => u8(typeof status === 'number' ? status : STATUS.indexOf(status));

const readOnly = (pubkey) => ({ pubkey, isSigner: false, isWritable: false });
const writable = (pubkey) => ({ pubkey, isSigner: false, isWritable: true });
const signer = (pubkey) => ({ pubkey, isSigner: true, isWritable: false });
const writableSigner = (pubkey) => ({ pubkey, isSigner: true, isWritable: true });

/** Every address that the registry derives. */
function addresses(program) {
  const find = (...seeds) => PublicKey.findProgramAddressSync(seeds.map((seed) => Buffer.from(seed)), program)[0];
  return { config: find('config'), node: (id) => find('node', id), stake: (id) => find('stake', id), incident: (id) => find('incident', id) };
}

/** Builders for one deployment: `program`, `mint`, `cluster`, `slashVault`. A node is `{ id, authority, nodeKey, token }`. */
function registry({ program, mint, cluster, slashVault }) {
  const at = addresses(program);
  const instruction = (name, keys, ...args) =>
    new TransactionInstruction({ programId: program, keys, data: Buffer.concat([discriminator(`global:${name}`), ...args]) });

  // Every builder takes `o` whose fields override an account, for tests that pass the wrong one.
  const config = (o) => readOnly(o.config ?? at.config);
  const mintOf = (o) => readOnly(o.mint ?? mint);
  const tokens = (o) => readOnly(o.tokenProgram ?? TOKEN_PROGRAM_ID);
  const system = (o) => readOnly(o.systemProgram ?? SystemProgram.programId);
  const sysvar = (o) => readOnly(o.instructions ?? SYSVAR_INSTRUCTIONS_PUBKEY);
  const authority = (n, o) => (o.unsigned ? readOnly : signer)(o.authority ?? n.authority);
  const node = (n, o) => (o.readOnly === 'node' ? readOnly : writable)(o.node ?? at.node(n.id));
  const stakeVault = (n, o) => writable(o.stakeVault ?? at.stake(n.id));
  const incident = (id, o) => (o.readOnly === 'incident' ? readOnly : writable)(o.incident ?? at.incident(id));
  const token = (n, o) => writable(o.token ?? n.token);
  const moving = (n, o) => [authority(n, o), config(o), mintOf(o), token(n, o), node(n, o), stakeVault(n, o)];
  const domain = (name, o, ...fields) => sha256(o.domain ?? `HYPERNODE/${name}/v1`, o.cluster ?? cluster, (o.program ?? program).toBuffer(), ...fields);

  return {
    at,
    initialize: (c, o = {}) => instruction('initialize', [
      (o.unsigned ? writable : writableSigner)(c.upgradeAuthority), writable(o.config ?? at.config), mintOf(o),
      readOnly(o.slashVault ?? slashVault), readOnly(o.programData ?? programDataAddress(program)), system(o),
    ], c.cluster ?? cluster, ...c.oracles.map((k) => k.toBuffer()), u8(c.threshold), i64(c.unstakeCooldown), i64(c.appealWindow), u16(c.slashCapBps)),

    registerNode: (n, o = {}) => instruction('register_node', [
      authority(n, o), (o.keyUnsigned ? readOnly : signer)(n.nodeKey), (o.rentUnsigned ? writable : writableSigner)(o.rentPayer ?? n.rentPayer),
      config(o), mintOf(o), node(n, o), stakeVault(n, o), tokens(o), system(o),
    ], n.id, n.metadataHash, string(n.metadataUri)),

    updateMetadata: (n, o = {}) => instruction('update_metadata', [authority(n, o), node(n, o)], n.metadataHash, string(n.metadataUri)),
    stake: (n, amount, o = {}) => instruction('stake', [...moving(n, o), tokens(o)], u64(amount)),
    requestUnstake: (n, amount, o = {}) => instruction('request_unstake', [authority(n, o), config(o), node(n, o)], u64(amount)),
    withdraw: (n, amount, o = {}) => instruction('withdraw', [...moving(n, o), tokens(o)], u64(amount)),
    setStatus: (n, status, o = {}) => instruction('set_status', [authority(n, o), node(n, o)], statusByte(status)),

    attestStatus: (n, s, o = {}) => instruction('attest_status', [config(o), node(n, o), sysvar(o)],
      u64(s.sequence), statusByte(s.status), i64(s.validUntil)),
    recordOutcomes: (n, w, o = {}) => instruction('record_outcomes', [config(o), node(n, o), sysvar(o)],
      u64(w.sequence), u32(w.completed), u32(w.faults), u64(w.earned), i64(w.lastActiveAt), i64(w.validUntil)),

    proposeSlash: (n, s, o = {}) => instruction('propose_slash', [
      (o.rentUnsigned ? writable : writableSigner)(o.rentPayer ?? n.rentPayer), config(o), node(n, o), incident(s.id, o), sysvar(o), system(o),
    ], s.id, u64(s.amount), s.evidenceHash, i64(s.validUntil)),
    appealSlash: (n, s, appealHash, o = {}) => instruction('appeal_slash',
      [authority(n, o), config(o), readOnly(o.node ?? at.node(n.id)), incident(s.id, o)], appealHash),
    dismissSlash: (n, s, o = {}) => instruction('dismiss_slash', [config(o), node(n, o), incident(s.id, o), sysvar(o)], i64(s.validUntil)),
    executeSlash: (n, s, o = {}) => instruction('execute_slash', [
      config(o), mintOf(o), node(n, o), incident(s.id, o), stakeVault(n, o), writable(o.slashVault ?? slashVault), tokens(o),
    ]),
    retire: (n, o = {}) => instruction('retire', [...moving(n, o), writable(o.rentPayer ?? n.rentPayer), tokens(o)]),

    /** What the oracles sign: 32 bytes each. */
    slashDigest: (n, s, o = {}) => domain('slash', o, o.node ?? n.id, o.incident ?? s.id, u64(s.amount), s.evidenceHash, i64(s.validUntil)),
    dismissalDigest: (n, s, o = {}) => domain('slash-dismissal', o, o.node ?? n.id, o.incident ?? s.id, i64(s.validUntil)),
    outcomesDigest: (n, w, o = {}) => domain('node-outcomes', o, o.node ?? n.id, u64(w.sequence), u32(w.completed), u32(w.faults), u64(w.earned),
      i64(w.lastActiveAt), i64(w.validUntil)),
    statusDigest: (n, s, o = {}) => domain('node-status', o, o.node ?? n.id, u64(s.sequence), statusByte(s.status), i64(s.validUntil)),
  };
}

module.exports = { registry, STATUS };
