// A cluster with the Node Registry deployed and configured, and nodes with tokens. Accounts and events are read by
// Anchor's own coder from the IDL.
const fs = require('node:fs');
const path = require('node:path');
const { randomBytes } = require('node:crypto');
const { BorshCoder, EventParser } = require('@coral-xyz/anchor');
const { Keypair } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { Cluster, PROGRAMS, HYPER } = require('./world.cjs');
const { ed25519 } = require('./facilitator.cjs');
const { sha256 } = require('./intents.cjs');
const { registry } = require('./registry.cjs');

const FOLDER = path.join(__dirname, '../../../programs');
const PROGRAM = Keypair.fromSecretKey(Uint8Array.from(JSON.parse(fs.readFileSync(path.join(FOLDER, 'keys/node_registry-keypair.json')))));
const IDL = JSON.parse(fs.readFileSync(path.join(FOLDER, 'idl/node_registry.json')));
const COOLDOWN = 7 * 86_400;
const APPEAL = 2 * 86_400;
const CAP_BPS = 5_000;
const BALANCE = 1_000_000n * HYPER;

class RegistryWorld extends Cluster {
  constructor({ initialize = true } = {}) {
    super();
    for (const name of ['payer', 'upgradeAuthority', 'owner', 'otherOwner', 'stranger']) this[name] = Keypair.generate();
    this.fund(this.payer, this.upgradeAuthority, this.owner, this.otherOwner, this.stranger);
    this.oracles = Array.from({ length: 5 }, () => Keypair.generate());
    const mint = Keypair.generate();
    this.mint = mint.publicKey;
    this.createMint(mint, this.upgradeAuthority);
    for (const name of ['owner', 'otherOwner', 'stranger']) this[`${name}Token`] = this.tokenAccountWith(this[name].publicKey, BALANCE);
    this.slashVault = this.createTokenAccount(this.mint, Keypair.generate().publicKey, this.payer);
    this.cluster = sha256('the test cluster');
    this.program = PROGRAM.publicKey;
    this.deploy(fs.readFileSync(path.join(PROGRAMS, 'node_registry.so')), PROGRAM, this.upgradeAuthority);
    this.registry = registry({ program: this.program, mint: this.mint, cluster: this.cluster, slashVault: this.slashVault });
    this.at = this.registry.at;
    this.coder = new BorshCoder(IDL);
    if (initialize) this.must([this.registry.initialize(this.configuration())], [this.upgradeAuthority]);
  }

  configuration(changes = {}) {
    return {
      upgradeAuthority: this.upgradeAuthority.publicKey, oracles: this.oracles.map((o) => o.publicKey), threshold: 3,
      unstakeCooldown: COOLDOWN, appealWindow: APPEAL, slashCapBps: CAP_BPS, ...changes,
    };
  }

  tokenAccountWith(owner, amount, mint = this.mint) {
    const address = this.createTokenAccount(mint, owner, this.payer);
    this.must([spl.createMintToInstruction(mint, address, this.upgradeAuthority.publicKey, amount)], [this.upgradeAuthority]);
    return address;
  }

  /** A token account of another mint. */
  foreignToken(owner) {
    const mint = Keypair.generate();
    this.createMint(mint, this.upgradeAuthority);
    return this.tokenAccountWith(owner, BALANCE, mint.publicKey);
  }

  /** A node's terms; it is not registered yet. `owner` is a keypair. */
  node({ owner = this.owner, ...changes } = {}) {
    const keys = Keypair.generate();
    return {
      id: randomBytes(16), owner, keys, authority: owner.publicKey, nodeKey: keys.publicKey, rentPayer: this.payer.publicKey,
      token: spl.getAssociatedTokenAddressSync(this.mint, owner.publicKey), metadataHash: sha256('metadata'),
      metadataUri: 'https://node.example/metadata.json', ...changes,
    };
  }

  register(node, accounts) { return this.send([this.registry.registerNode(node, accounts)], [this.payer, node.owner, node.keys]); }

  registered(changes) {
    const node = this.node(changes);
    this.must([this.registry.registerNode(node)], [this.payer, node.owner, node.keys]);
    return node;
  }

  /** By the node's owner; the payer pays the fee. */
  by(node, ...instructions) { return this.send(instructions, [this.payer, node.owner]); }

  staked(amount = 1_000n * HYPER, changes) {
    const node = this.registered(changes);
    this.must([this.registry.stake(node, amount)], [this.payer, node.owner]);
    return node;
  }

  active(amount, changes) {
    const node = this.staked(amount, changes);
    this.must([this.registry.setStatus(node, 'Active')], [this.payer, node.owner]);
    return node;
  }

  get quorum() { return [this.oracles[0], this.oracles[2], this.oracles[4]]; }

  slash(changes = {}) {
    return { id: randomBytes(16), amount: 100n * HYPER, evidenceHash: sha256('evidence'), validUntil: this.now + 600, ...changes };
  }

  /** `[Ed25519, propose_slash]`; `sent` is what the instruction says instead of what was signed. */
  proposal(node, slash, { oracles = this.quorum, digest = {}, sent = {}, ...accounts } = {}) {
    return [ed25519(oracles, this.registry.slashDigest(node, slash, digest)), this.registry.proposeSlash(node, { ...slash, ...sent }, accounts)];
  }

  proposed(node, changes) {
    const slash = this.slash(changes);
    this.must(this.proposal(node, slash), [this.payer]);
    return slash;
  }

  dismissal(node, slash, { oracles = this.quorum, digest = {}, sent = {}, validUntil = this.now + 600, ...accounts } = {}) {
    const signed = { ...slash, validUntil };
    return [ed25519(oracles, this.registry.dismissalDigest(node, signed, digest)), this.registry.dismissSlash(node, { ...signed, ...sent }, accounts)];
  }

  outcomes(node, changes = {}) {
    return { sequence: Number(this.record(node).sequence) + 1, completed: 1, faults: 0, earned: 5n, lastActiveAt: this.now, validUntil: this.now + 600, ...changes };
  }

  recording(node, outcomes = this.outcomes(node), { oracles = this.quorum, digest = {}, sent = {}, ...accounts } = {}) {
    return [ed25519(oracles, this.registry.outcomesDigest(node, outcomes, digest)), this.registry.recordOutcomes(node, { ...outcomes, ...sent }, accounts)];
  }

  attestation(node, status, { oracles = this.quorum, digest = {}, sent = {}, sequence, validUntil = this.now + 600, ...accounts } = {}) {
    const signed = { sequence: sequence ?? Number(this.record(node).sequence) + 1, status, validUntil };
    return [ed25519(oracles, this.registry.statusDigest(node, signed, digest)), this.registry.attestStatus(node, { ...signed, ...sent }, accounts)];
  }

  /** The NodeAccount as Anchor reads it; numbers are texts, enums their names. */
  record(node) { return plain(this.coder.accounts.decode('NodeAccount', this.account(this.at.node(node.id)).data)); }

  incident(slash) { return plain(this.coder.accounts.decode('Incident', this.account(this.at.incident(slash.id)).data)); }

  config() { return plain(this.coder.accounts.decode('Config', this.account(this.at.config).data)); }

  events(result) { return [...new EventParser(this.program, this.coder).parseLogs(result.logs)].map((e) => ({ name: e.name, ...plain(e.data) })); }

  /** Where a node's tokens are. */
  balances(node) {
    return { owner: this.tokens(node.token), stake: this.tokens(this.at.stake(node.id)), vault: this.tokens(this.slashVault) };
  }

  later(seconds) { this.setNow(this.now + seconds); }
}

function plain(value) {
  if (value?.toBase58) return value.toBase58();
  if (value?.constructor?.name === 'BN') return value.toString();
  if (Array.isArray(value)) return value.every(Number.isInteger) ? Buffer.from(value).toString('hex') : value.map(plain);
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value);
    if (entries.length === 1 && /^[A-Z]/.test(entries[0][0])) return entries[0][0];
    return Object.fromEntries(entries.map(([name, field]) => [name, plain(field)]));
  }
  return value;
}

module.exports = { RegistryWorld, IDL, HYPER, COOLDOWN, APPEAL, CAP_BPS, BALANCE };
