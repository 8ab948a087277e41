// The stage of the money model: named people, token accounts and addresses on one virtual machine, put back as they were
// before each sequence. A step of the model (tests/Hypernode.MoneyModel/Model/Steps.cs) becomes a signed transaction here.
const { createHash, createPrivateKey, sign } = require('node:crypto');
const { Keypair, PublicKey, SystemProgram, SYSVAR_INSTRUCTIONS_PUBKEY, Transaction } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { FailedTransactionMetadata } = require('litesvm/dist/internal.js');
const { Cluster } = require('../lib/world.cjs');
const { programDataAddress, decode } = require('../lib/anchor.cjs');
const { facilitator, ed25519, ed25519Raw, signWith, decodeConfig, decodePaymentIntent } = require('../lib/facilitator.cjs');
const { sha256, renderIntent, intentNonce } = require('../lib/intents.cjs');

const NOW = 1_790_000_000;
const PAYMENTS = 5;
const REFUND_GRACE = 60;
const WALLETS = ['alice', 'bob', 'nina', 'otto', 'relayer', 'relayer2', 'assigner', 'assigner2', 'authority', 'stranger', 'carrier', 'treasury'];
const ORACLES = Array.from({ length: 10 }, (_, i) => `o${i}`);
/** Token account: [mint, owner, balance]. */
const TOKENS = {
  'alice.t': ['HYPER', 'alice', 12_000_000_000_000_000_000n], 'alice.u': ['HYPER', 'alice', 0n], 'alice.usdc': ['USDC', 'alice', 1_000_000_000n], 'alice.junk': ['JUNK', 'alice', 99n],
  'bob.t': ['HYPER', 'bob', 1_000_000_007n], 'nina.t': ['HYPER', 'nina', 0n], 'nina.usdc': ['USDC', 'nina', 0n], 'otto.t': ['HYPER', 'otto', 1n],
  'stranger.t': ['HYPER', 'stranger', 500_000_000n],
  protocol: ['HYPER', 'treasury', 0n], platform: ['HYPER', 'treasury', 0n], protocol2: ['HYPER', 'treasury', 0n], platform2: ['HYPER', 'treasury', 0n],
  'protocol.usdc': ['USDC', 'treasury', 0n], 'platform.usdc': ['USDC', 'treasury', 0n], 'protocol2.usdc': ['USDC', 'treasury', 0n],
  'vault.junk': ['JUNK', 'treasury', 0n],
};
const MINTS = ['HYPER', 'USDC', 'JUNK'];
const RENT_PAYERS = ['relayer', 'relayer2', 'authority', 'stranger'];
const decodeRotation = (data) => decode(data, 'account:Rotation', (r) => ({
  rentPayer: r.key(), dueAt: r.i64(), facilitator: r.key(), assigner: r.key(), protocolVault: r.key(), platformVault: r.key(),
  oracles: [r.key(), r.key(), r.key(), r.key(), r.key()], threshold: r.u8(),
  other: { mint: r.key(), protocolVault: r.key(), platformVault: r.key() },
}));
const STATUS_VIA = ['intent', 'transaction', 'deposit'];

const hashOf = (what, n) => (Number(n) === 0 ? Buffer.alloc(32) : sha256(`${what} ${n}`));
const idOf = (what, n) => createHash('sha256').update(`${what} ${n}`).digest().subarray(0, 16);

class Stage extends Cluster {
  constructor() {
    super();
    this.svm.setTransactionHistory(0n); // a replay must reach the program, not the runtime's list of what it has seen
    this.keys = new Map();
    this.addresses = new Map();
    this.names = new Map();
    for (const name of [...WALLETS, ...ORACLES]) this.#add(name, Keypair.fromSeed(sha256(`wallet ${name}`)));
    for (const name of [...MINTS, ...Object.keys(TOKENS)]) this.#add(name, Keypair.fromSeed(sha256(`account ${name}`)));
    this.fund(...WALLETS.map((name) => this.keys.get(name)));
    const authority = this.keys.get('authority');
    for (const mint of MINTS) this.createMint(this.keys.get(mint), authority);
    for (const [name, [mint, owner, balance]] of Object.entries(TOKENS)) this.#tokenAccount(name, mint, owner, balance);

    this.program = this.deployOurs('facilitator', authority);
    this.clusterId = sha256('the cluster of the model');
    this.facilitator = facilitator({
      program: this.program, mint: this.at('HYPER'), facilitator: this.at('relayer'), cluster: this.clusterId,
      protocolVault: this.at('protocol'), platformVault: this.at('platform'),
    });
    const derived = this.facilitator.at;
    for (const [name, address] of [
      ['config', derived.config], ['rotation', derived.rotation], ['programData', programDataAddress(this.program)],
      ['tokenProgram', spl.TOKEN_PROGRAM_ID], ['sysvar', SYSVAR_INSTRUCTIONS_PUBKEY], ['nobody', PublicKey.default],
      ...WALLETS.map((wallet) => [`allowance:${wallet}`, derived.allowance(this.at(wallet))]),
      ...Array.from({ length: PAYMENTS }, (_, i) => [`payment:${i}`, derived.payment(idOf('payment', i))]),
      ...Array.from({ length: PAYMENTS }, (_, i) => [`escrow:${i}`, derived.escrow(idOf('payment', i))]),
    ]) this.#name(name, address);
    this.must([this.facilitator.initialize({
      upgradeAuthority: this.at('authority'), assigner: this.at('assigner'), oracles: ORACLES.slice(0, 5).map((o) => this.at(o)),
      threshold: 3, refundGrace: REFUND_GRACE,
      other: { mint: this.at('USDC'), protocolVault: this.at('protocol.usdc'), platformVault: this.at('platform.usdc') },
    })], [authority]);
    this.watched = [...WALLETS, ...Object.keys(TOKENS), ...MINTS, 'config', 'rotation',
      ...Array.from({ length: PAYMENTS }, (_, i) => [`payment:${i}`, `escrow:${i}`]).flat()].filter((name) => name !== 'carrier');
    this.isWatched = new Set(this.watched);
    this.base = new Map([...this.watched, 'carrier'].map((name) => [name, this.svm.getAccount(this.at(name).toBytes())]));
    this.signers = new Map([...this.keys].map(([name, keys]) => [name, privateKey(keys)]));
    this.empty = this.#emptyAccount();
    this.visiting = []; // the token accounts of this sequence's deposits
  }

  at(name) {
    return this.addresses.get(name) ?? this.#derived(name);
  }

  /** A deposit's name is its terms, and that of its token account the mint and the deposit. */
  #derived(name) {
    const [, mint, owner] = /^ata:(\w+):(.*)$/.exec(name) ?? [];
    if (mint) {
      this.visiting.push(name);
      this.isWatched.add(name);
      return this.#name(name, spl.getAssociatedTokenAddressSync(this.at(mint), this.at(owner), true));
    }
    const [, id, job, payer, terms, amount, settleBy] = /^deposit:(\d+)\/(\d+)\/([^/]+)\/([^/]+)\/(\d+)\/(-?\d+)$/.exec(name) ?? [];
    if (!id) throw new Error(`nothing is called ${name}`);
    return this.#name(name, this.facilitator.depositOf({
      id: idOf('payment', id), job: idOf('job', job), payer: this.at(payer), mint: this.at(terms), amount: BigInt(amount), settleBy: BigInt(settleBy),
    }));
  }

  /** What the model has to know before it begins. */
  facts() {
    const [authorityRents, lamports] = [{}, {}];
    for (const [name, length] of [['payment', 296], ['escrow', 165], ['rotation', 433]]) authorityRents[name] = String(this.rent(length));
    for (const name of RENT_PAYERS) lamports[name] = String(this.base.get(name).lamports());
    const tokens = Object.entries(TOKENS).map(([name, [mint, owner, balance]]) => ({ name, mint, owner, amount: String(balance) }));
    return { now: String(NOW), payments: PAYMENTS, refundGrace: String(REFUND_GRACE), rents: authorityRents, lamports, tokens };
  }

  reset() {
    for (const [name, account] of this.base) {
      const address = this.at(name).toBytes();
      if (account) this.svm.setAccount(address, account);
      else if (this.svm.getAccount(address)) this.svm.setAccount(address, this.empty);
    }
    for (const name of this.visiting) {
      if (this.svm.getAccount(this.at(name).toBytes())) this.svm.setAccount(this.at(name).toBytes(), this.empty);
      this.isWatched.delete(name);
    }
    for (const [name, address] of this.addresses) if (/^(ata|deposit):/.test(name)) this.#forget(name, address);
    this.visiting = [];
    this.setNow(NOW);
    this.seen = {};
    return this.changes(this.watched);
  }

  /**
   * Applies one step; answers `{ error, changed }`, `changed` naming every account that is other than before (null: gone).
   * Only what a transaction names can change by it; `everything` looks at the rest too.
   */
  apply(step, everything) {
    this.named = [];
    if (step.op === 'setClock') this.setNow(Number(step.to));
    const error = step.op === 'setClock' ? null : this.#transact(step);
    return { error, changed: this.changes(everything ? [...this.watched, ...this.visiting] : this.named) };
  }

  #transact(step) {
    const { instructions, signatures } = this.instructions(step);
    const ours = instructions.at(-1);
    for (const role of [step.readOnly && this.at(step[step.readOnly] ?? step.readOnly)]) {
      if (role) for (const meta of ours.keys) if (meta.pubkey.equals(role)) meta.isWritable = false;
    }
    if (step.unsigned) for (const meta of ours.keys) if (meta.pubkey.equals(this.at(step.unsigned))) meta.isSigner = false;
    const transaction = new Transaction().add(...instructions);
    transaction.recentBlockhash = this.svm.latestBlockhash();
    transaction.feePayer = this.at('carrier');
    const message = transaction.compileMessage();
    const bytes = message.serialize();
    this.named = message.accountKeys.map((key) => this.names.get(key.toBase58())).filter((name) => this.isWatched.has(name));
    const signers = message.accountKeys.slice(0, message.header.numRequiredSignatures);
    const signed = signers.map((key) => sign(null, bytes, this.signers.get(this.names.get(key.toBase58()))));
    // By hand, and not by web3.js: five signatures make a settlement longer than a packet without a lookup table, and the
    // rule that five are enough is the program's, not the packet's.
    const result = this.svm.sendLegacyTransaction(Buffer.concat([Buffer.from([signed.length]), ...signed, bytes]));
    this.svm.expireBlockhash();
    return result instanceof FailedTransactionMetadata ? nameOf(result, signatures) : null;
  }

  /** `signatures` says how many instructions of the precompile come first. */
  instructions(step) {
    const proved = step.signatures ? this.#precompile(step) : [];
    const ours = this.#ours(step);
    return { instructions: [...proved, ours], signatures: proved.length };
  }

  #precompile(step) {
    const message = step.text ? this.#text(step.text) : this.#digest(step.said);
    const keys = step.signatures.by.map((name) => this.keys.get(name));
    const { layout, forged } = step.signatures;
    if (keys.length === 0) return [ed25519Raw([])];
    const shared = ed25519(keys, message);
    if (forged) shared.data[2 + 14 * keys.length + 32] ^= 1;
    if (layout === 'Copies') return [copies(keys, message, forged)];
    if (layout === 'Elsewhere') return [shared, pointing(keys.length, message.length)];
    return [shared];
  }

  #text({ terms, payer, mint, cluster }) {
    const nonce = intentNonce({
      cluster: cluster === 'this' ? this.clusterId : sha256(cluster), program: this.program, mint: this.at(mint), payer: this.at(payer),
      specHash: hashOf('spec', terms.spec), settleBy: BigInt(terms.settleBy), salt: hashOf('salt', terms.salt),
    });
    const times = [terms.timestamp, terms.expires].map(Number);
    if (times.some((time) => time > 8_640_000_000_000_000)) return Buffer.from('no text can say this'); // beyond what a Date holds
    return Buffer.from(renderIntent({
      id: idOf('payment', terms.id), job: idOf('job', terms.job), amount: BigInt(terms.amount), timestamp: times[0], expires: times[1], nonce,
    }));
  }

  #digest(said) {
    const payment = { id: idOf('payment', said.id), node: said.kind === 'usage' ? this.at(said.node) : null };
    const cluster = { cluster: said.cluster === 'this' ? this.clusterId : sha256(said.cluster) };
    return said.kind === 'usage'
      ? this.facilitator.usageProofDigest(payment, proofOf(said), cluster)
      : this.facilitator.refundDigest(payment, failureOf(said), cluster);
  }

  #ours(step) {
    const f = this.facilitator;
    const accounts = this.#accounts(step);
    const key = (name) => this.at(name);
    switch (step.op) {
      case 'approve': return spl.createApproveInstruction(key(step.account), key(step.delegate), key(step.owner), BigInt(step.amount));
      case 'handOver': return spl.createSetAuthorityInstruction(key(step.account), key(step.owner), spl.AuthorityType.AccountOwner, key(step.to));
      case 'send': return spl.createTransferInstruction(key(step.from), key(step.to), key(step.owner), BigInt(step.amount));
      case 'prefund': return SystemProgram.transfer({ fromPubkey: key('stranger'), toPubkey: key(step.to), lamports: Number(step.lamports) });
      case 'authorizeIntent': return f.authorizeIntent({ ...this.#terms(step.terms), payer: key('alice') }, { ...accounts, relayer: accounts.rentPayer });
      case 'authorizePayment': return f.authorizePayment({ ...this.#terms(step.terms), payer: key(step.payer), expiresAt: BigInt(step.expiresAt) }, accounts);
      case 'openDeposit': return spl.createAssociatedTokenAccountIdempotentInstruction(key('relayer'), key(step.account), key(step.deposit), key(step.mint));
      case 'activateIntent': return f.activateIntent(this.#terms(step), { ...accounts, relayer: accounts.rentPayer });
      case 'reclaimDeposit': return f.reclaimDeposit(this.#terms(step), accounts);
      case 'assignNode': return f.assignNode({ attempt: Number(step.attempt), node: key(step.node) }, key(step.assigner), accounts);
      case 'submitUsageProof': return f.submitUsageProof({}, proofOf(step), accounts);
      case 'refundFailed': return f.refundFailed({}, failureOf(step), accounts);
      case 'cancel': return f.cancel({}, key(step.authority), accounts);
      case 'refundExpired': return f.refundExpired({}, accounts);
      case 'closeIntent': return f.closeIntent({}, accounts);
      case 'setPaused': return f.setPaused(key(step.by), step.paused, accounts);
      case 'proposeRotation': {
        const { keys } = step;
        return f.proposeRotation({
          upgradeAuthority: key(step.by), facilitator: key(keys.facilitator), assigner: key(keys.assigner), oracles: keys.oracles.map(key),
          threshold: Number(keys.threshold),
        }, {
          ...accounts, protocolVault: key(keys.protocolVault), platformVault: key(keys.platformVault),
          other: keys.other ? { mint: key(keys.other.mint), ...this.#vaults(keys.other) } : undefined,
        });
      }
      case 'withdrawRotation': return f.withdrawRotation(key(step.by), accounts);
      case 'applyRotation': return f.applyRotation(key(step.rentPayer), {
        ...accounts, other: step.otherProtocolVault ? this.#vaults({ protocolVault: step.otherProtocolVault, platformVault: step.otherPlatformVault }) : undefined,
      });
      default: throw new Error(`no instruction for ${step.op}`);
    }
  }

  /** Every account that the step names, under the names of the builders. */
  #accounts(step) {
    const roles = ['config', 'mint', 'payment', 'escrow', 'payerToken', 'rentPayer', 'nodeToken', 'protocolVault', 'platformVault', 'allowance',
      'tokenProgram', 'rotation', 'programData', 'payer', 'deposit', 'depositToken', 'facilitator'];
    const accounts = Object.fromEntries(roles.filter((role) => step[role] !== undefined).map((role) => [role, this.at(step[role])]));
    if (step.sysvar !== undefined) accounts.instructions = this.at(step.sysvar);
    return accounts;
  }

  #vaults({ protocolVault, platformVault }) { return { protocolVault: this.at(protocolVault), platformVault: this.at(platformVault) }; }

  #terms(terms) {
    return {
      id: idOf('payment', terms.id), job: idOf('job', terms.job), amount: BigInt(terms.amount), timestamp: BigInt(terms.timestamp ?? 0),
      expires: BigInt(terms.expires ?? 0), specHash: hashOf('spec', terms.spec), settleBy: BigInt(terms.settleBy), salt: hashOf('salt', terms.salt),
    };
  }

  /** What of these accounts is other than at the last look. */
  changes(names) {
    const changed = {};
    for (const name of names) {
      const now = this.#look(name);
      const before = this.seen[name] ?? {};
      for (const what of new Set([...Object.keys(before), ...Object.keys(now)])) {
        if (before[what] !== now[what]) changed[what] = now[what] ?? null;
      }
      this.seen[name] = now;
    }
    return changed;
  }

  #look(name) {
    const view = {};
    const account = this.svm.getAccount(this.at(name).toBytes());
    const lamports = account?.lamports() ?? 0n;
    if (lamports === 0n) return view;
    if (RENT_PAYERS.includes(name) || /^(payment|escrow|rotation|ata)/.test(name)) view[`lamports ${name}`] = String(lamports);
    const data = Buffer.from(account.data());
    if (data.length === 0) return view;
    if (MINTS.includes(name)) view[`supply ${name}`] = String(data.readBigUInt64LE(36));
    else if (data.length === 165) view[`tokens ${name}`] = this.#tokens(data);
    else if (name === 'config') view[name] = this.#config(decodeConfig(data));
    else if (name === 'rotation') view[name] = this.#rotation(decodeRotation(data));
    else view[name] = this.#payment(decodePaymentIntent(data));
    return view;
  }

  #called(key) { return this.names.get(key.toBase58()) ?? key.toBase58(); }

  #tokens(data) {
    const keyAt = (at) => this.#called(new PublicKey(data.subarray(at, at + 32)));
    const held = `${keyAt(32)} ${data.readBigUInt64LE(64)}`;
    return data.readUInt32LE(72) === 1 ? `${held} ${keyAt(76)} ${data.readBigUInt64LE(121)}` : held;
  }

  #roles(c) {
    return `${[c.facilitator, c.assigner, c.protocolVault, c.platformVault].map((k) => this.#called(k)).join(' ')} ${c.oracles.map((k) => this.#called(k)).join(',')} ${c.threshold}`;
  }

  #accepted(a) { return a.mint.equals(PublicKey.default) ? null : [a.mint, a.protocolVault, a.platformVault].map((k) => this.#called(k)).join(':'); }

  #config(c) { return `${this.#roles(c)} ${c.paused ? 'paused' : 'open'} ${c.others.map((a) => this.#accepted(a)).filter(Boolean).join(' ')}`; }

  #rotation(r) { return `${this.#called(r.rentPayer)} ${r.dueAt} ${this.#roles(r)} ${this.#accepted(r.other) ?? '-'}`; }

  #payment(p) {
    const node = p.assignedNode.equals(PublicKey.default) ? '-' : this.#called(p.assignedNode);
    return `${p.status} ${STATUS_VIA[p.via]} ${this.#called(p.payer)} ${this.#called(p.rentPayer)} ${this.#called(p.mint)} ${p.amount} #${p.attempt} ${node} ${p.createdAt} ${p.expiresAt} ${p.settleBy} ${p.closableAt} ${p.verifiedAt} ${p.charge}`;
  }

  #add(name, keys) {
    this.keys.set(name, keys);
    this.#name(name, keys.publicKey);
  }

  #name(name, address) {
    this.addresses.set(name, address);
    this.names.set(address.toBase58(), name);
    return address;
  }

  #forget(name, address) {
    this.addresses.delete(name);
    this.names.delete(address.toBase58());
  }

  #tokenAccount(name, mint, owner, balance) {
    const [account, authority] = [this.keys.get(name), this.keys.get('authority')];
    this.must([
      SystemProgram.createAccount({ fromPubkey: authority.publicKey, newAccountPubkey: account.publicKey, lamports: this.rent(165), space: 165, programId: spl.TOKEN_PROGRAM_ID }),
      spl.createInitializeAccount3Instruction(account.publicKey, this.at(mint), this.at(owner)),
      ...(balance > 0n ? [spl.createMintToInstruction(this.at(mint), account.publicKey, authority.publicKey, balance)] : []),
    ], [authority, account]);
  }

  #emptyAccount() {
    const { Account } = require('litesvm/dist/internal.js');
    return new Account(0n, new Uint8Array(0), PublicKey.default.toBytes(), false, 0n);
  }
}

const proofOf = (p) => ({
  attempt: Number(p.attempt), verdict: Number(p.verdict), charge: BigInt(p.charge), executionHash: hashOf('execution', p.execution),
  logsHash: hashOf('logs', p.logs), validUntil: BigInt(p.validUntil),
});
const failureOf = (f) => ({ attempt: Number(f.attempt), reason: Number(f.reason), validUntil: BigInt(f.validUntil) });

/** Each signature with a copy of the message of its own. */
function copies(keypairs, message, forged) {
  const base = 2 + 14 * keypairs.length;
  const length = 96 + message.length;
  const entries = keypairs.map((_, i) => ({ key: base + length * i, signature: base + length * i + 32, message: base + length * i + 96, length: message.length }));
  const signed = keypairs.flatMap((keypair, i) => {
    const signature = Buffer.from(signWith(keypair, message));
    if (forged && i === 0) signature[0] ^= 1;
    return [keypair.publicKey.toBuffer(), signature, message];
  });
  return ed25519Raw(entries, ...signed);
}

/** Offsets only, all into the transaction's first instruction. */
function pointing(count, length) {
  const base = 2 + 14 * count;
  return ed25519Raw(Array.from({ length: count }, (_, i) => ({
    key: base + 96 * i, signature: base + 96 * i + 32, message: base + 96 * count, length, signatureIn: 0, keyIn: 0, messageIn: 0,
  })));
}

const privateKey = (keypair) => createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), keypair.secretKey.subarray(0, 32)]), format: 'der', type: 'pkcs8',
});

/** An Anchor error by its name; what the precompile, the token program or the runtime says otherwise. */
function nameOf(result, signatures) {
  const failure = result.err();
  const index = typeof failure.index === 'number' ? failure.index : undefined;
  if (index !== undefined && index < signatures) return 'Precompile';
  const anchor = result.meta().logs().map((line) => /Error Code: (\w+)/.exec(line)?.[1]).find(Boolean);
  if (anchor) return anchor;
  const inner = typeof failure.err === 'function' ? failure.err() : null;
  if (inner?.code !== undefined) return `Custom(${inner.code})`;
  return INSTRUCTION_ERRORS[inner] ?? `${inner ?? failure}`;
}

/** The runtime's own instruction errors, by LiteSVM's number for them, as far as they are met here. */
const INSTRUCTION_ERRORS = { 3: 'InvalidAccountData', 6: 'IncorrectProgramId', 14: 'ReadonlyLamportChange', 37: 'PrivilegeEscalation' };

module.exports = { Stage };
