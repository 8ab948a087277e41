// A cluster in the test's own process (LiteSVM, the real runtime) with the facilitator deployed and HYPER minted.
const fs = require('node:fs');
const path = require('node:path');
const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { Account, LiteSvm, FailedTransactionMetadata } = require('litesvm/dist/internal.js');
const { Keypair, PublicKey, SystemProgram, Transaction } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { renderIntent, intentNonce, sha256 } = require('./intents.cjs');
const lib = require('./facilitator.cjs');
const { programDataAddress } = require('./anchor.cjs');
const { deployment } = require('./loader.cjs');

const PROGRAMS = process.env.HYPERNODE_PROGRAMS ?? path.join(__dirname, '../../../programs/bin');
const KEYS = path.join(__dirname, '../../../programs/keys');
const keysOf = (program) => Keypair.fromSecretKey(Uint8Array.from(JSON.parse(fs.readFileSync(path.join(KEYS, `${program}-keypair.json`)))));
const PROGRAM = keysOf('facilitator');
const HYPER = 1_000_000n;
const NOW = 1_790_000_000;
const REFUND_GRACE = 60;
const PROGRAM_DATA_AUTHORITY = 13; // u32 kind | u64 slot | u8 has an authority | authority
const deployed = new Map();

/** A bare cluster: transactions, time and balances. */
class Cluster {
  constructor() {
    this.svm = new LiteSvm();
    this.setNow(NOW);
  }

  get now() { return Number(this.svm.getClock().unixTimestamp); }

  setNow(seconds) {
    const clock = this.svm.getClock();
    clock.slot += 1n;
    clock.unixTimestamp = BigInt(seconds);
    this.svm.setClock(clock);
  }

  fund(...keypairs) { for (const k of keypairs) this.svm.airdrop(k.publicKey.toBytes(), 1_000_000_000_000n); }

  rent = (length) => Number(this.svm.minimumBalanceForRentExemption(BigInt(length)));

  bytes(instructions, signers) {
    const transaction = new Transaction().add(...instructions);
    transaction.recentBlockhash = this.svm.latestBlockhash();
    transaction.feePayer = signers[0].publicKey;
    transaction.sign(...signers);
    return transaction.serialize();
  }

  /** Sends; the first signer pays the fee. Answers `{ ok, error, logs, units, size }`, `error` an Anchor name where there is one. */
  send(instructions, signers) {
    const bytes = this.bytes(instructions, signers);
    const result = this.svm.sendLegacyTransaction(bytes);
    this.svm.expireBlockhash();
    return outcome(result, bytes.length);
  }

  simulate(instructions, signers) {
    const result = this.svm.simulateLegacyTransaction(this.bytes(instructions, signers));
    return { ...outcome(result, 0), returned: result instanceof FailedTransactionMetadata ? null : Buffer.from(result.meta().returnData().data()) };
  }

  must(instructions, signers) {
    const result = this.send(instructions, signers);
    assert.ok(result.ok, `${result.error}\n${result.logs.join('\n')}`);
    return result;
  }

  account(address) {
    const account = this.svm.getAccount(address.toBytes());
    return account && account.lamports() > 0n ? { data: Buffer.from(account.data()), lamports: account.lamports(), owner: new PublicKey(account.owner()) } : null;
  }

  lamports(address) { return this.account(address)?.lamports ?? 0n; }

  tokens(address) { return this.account(address)?.data.readBigUInt64LE(64) ?? 0n; }

  deploy(elf, program, authority) {
    const steps = deployment({ elf, program, authority, rent: this.rent });
    for (const step of [steps.create, ...steps.writes, steps.deploy]) this.must(step.instructions, step.signers);
    this.setNow(this.now); // a program can be called from the slot after its deployment on
  }

  /**
   * Deploys a program of ours at its own address, which is returned. The first time in a process through the loader; later
   * clusters get the accounts that this left, with their own authority: that is a hundred transactions less.
   */
  deployOurs(name, authority) {
    const keys = keysOf(name);
    const addresses = [programDataAddress(keys.publicKey), keys.publicKey].map((key) => key.toBytes());
    if (deployed.has(name)) {
      const [programData, program] = deployed.get(name);
      const data = Buffer.from(programData.data());
      authority.publicKey.toBuffer().copy(data, PROGRAM_DATA_AUTHORITY);
      this.svm.setAccount(addresses[0], new Account(programData.lamports(), data, programData.owner(), false, 0n));
      this.svm.setAccount(addresses[1], program);
      this.setNow(this.now);
    } else {
      this.deploy(fs.readFileSync(path.join(PROGRAMS, `${name}.so`)), keys, authority);
      deployed.set(name, addresses.map((address) => this.svm.getAccount(address)));
    }
    return keys.publicKey;
  }

  createMint(mint, authority, decimals = 6) {
    this.must([
      SystemProgram.createAccount({ fromPubkey: authority.publicKey, newAccountPubkey: mint.publicKey, lamports: this.rent(82), space: 82, programId: spl.TOKEN_PROGRAM_ID }),
      spl.createInitializeMint2Instruction(mint.publicKey, decimals, authority.publicKey, null),
    ], [authority, mint]);
  }

  /** A mint of Token-2022 with one extension: "fee" (transfer fee), "hook" (transfer hook), or none. */
  createMint2022(authority, extension) {
    const mint = Keypair.generate();
    const program = spl.TOKEN_2022_PROGRAM_ID;
    const [types, extend] = {
      fee: [[spl.ExtensionType.TransferFeeConfig], () => spl.createInitializeTransferFeeConfigInstruction(mint.publicKey, authority.publicKey, authority.publicKey, 100, 1_000_000n, program)],
      hook: [[spl.ExtensionType.TransferHook], () => spl.createInitializeTransferHookInstruction(mint.publicKey, authority.publicKey, Keypair.generate().publicKey, program)],
      none: [[], null],
    }[extension];
    const space = spl.getMintLen(types);
    this.must([
      SystemProgram.createAccount({ fromPubkey: authority.publicKey, newAccountPubkey: mint.publicKey, lamports: this.rent(space), space, programId: program }),
      ...(extend ? [extend()] : []),
      spl.createInitializeMint2Instruction(mint.publicKey, 6, authority.publicKey, null, program),
    ], [authority, mint]);
    return mint.publicKey;
  }

  createTokenAccount(mint, owner, payer) {
    const address = spl.getAssociatedTokenAddressSync(mint, owner, true);
    this.must([spl.createAssociatedTokenAccountIdempotentInstruction(payer.publicKey, address, owner, mint)], [payer]);
    return address;
  }
}

function outcome(result, size) {
  const failed = result instanceof FailedTransactionMetadata;
  const meta = failed || typeof result.meta === 'function' ? result.meta() : result;
  const logs = meta.logs();
  const anchor = logs.map((line) => /Error Code: (\w+)/.exec(line)?.[1]).find(Boolean);
  const inner = failed && typeof result.err().err === 'function' ? result.err().err() : null;
  const custom = inner?.code === undefined ? null : `Custom(${inner.code})`;
  const error = failed ? anchor ?? `#${result.err().index ?? '?'} ${custom ?? inner ?? result.err()}` : null;
  return { ok: !failed, error, code: inner?.code, index: failed ? result.err().index : undefined, logs, size, units: Number(meta.computeUnitsConsumed()) };
}

/**
 * The facilitator deployed, configured, and people with tokens: `payer`, `stranger`, `node` and `otherNode` (1,000 HYPER each).
 * `usdc` is a second mint that Config accepts: `{ mint, protocolVault, platformVault }`; the payer has 1,000 of it.
 */
class World extends Cluster {
  constructor({ initialize = true } = {}) {
    super();
    const names = ['relayer', 'upgradeAuthority', 'assigner', 'payer', 'stranger', 'node', 'otherNode', 'treasury'];
    for (const name of names) this[name] = Keypair.generate();
    this.mintKeys = Keypair.generate();
    this.oracles = Array.from({ length: 5 }, () => Keypair.generate());
    this.fund(...names.map((name) => this[name]));
    this.createMint(this.mintKeys, this.upgradeAuthority);
    this.mint = this.mintKeys.publicKey;
    for (const name of ['payer', 'stranger', 'node', 'otherNode']) this[`${name}Token`] = this.tokenAccountWith(this[name].publicKey, 1_000n * HYPER);
    this.protocolVault = this.createTokenAccount(this.mint, this.treasury.publicKey, this.relayer);
    this.platformVault = this.createTokenAccount(this.mint, Keypair.generate().publicKey, this.relayer);
    this.usdc = this.currency(1_000n * HYPER);
    this.cluster = sha256('the test cluster');
    this.program = this.deployOurs('facilitator', this.upgradeAuthority);
    this.facilitator = lib.facilitator({
      program: this.program, mint: this.mint, facilitator: this.relayer.publicKey, cluster: this.cluster,
      protocolVault: this.protocolVault, platformVault: this.platformVault,
    });
    this.at = this.facilitator.at;
    if (initialize) this.must([this.facilitator.initialize(this.configuration())], [this.upgradeAuthority]);
  }

  /** A mint with vaults, and token accounts of the payer (with `amount`), the stranger and the node, as changes to `terms`. */
  currency(amount, decimals = 6) {
    const keys = Keypair.generate();
    const mint = keys.publicKey;
    this.createMint(keys, this.upgradeAuthority, decimals);
    const [protocolVault, platformVault] = [this.treasury.publicKey, Keypair.generate().publicKey].map((owner) => this.createTokenAccount(mint, owner, this.relayer));
    const [payerToken, nodeToken] = ['payer', 'node'].map((name) => this.createTokenAccount(mint, this[name].publicKey, this.relayer));
    this.must([spl.createMintToInstruction(mint, payerToken, this.upgradeAuthority.publicKey, amount)], [this.upgradeAuthority]);
    return { mint, protocolVault, platformVault, payerToken, nodeToken };
  }

  configuration(changes = {}) {
    return {
      other: this.usdc,
      upgradeAuthority: this.upgradeAuthority.publicKey, assigner: this.assigner.publicKey,
      oracles: this.oracles.map((o) => o.publicKey), threshold: 3, refundGrace: REFUND_GRACE, ...changes,
    };
  }

  tokenAccountWith(owner, amount) {
    const address = this.createTokenAccount(this.mint, owner, this.relayer);
    this.must([spl.createMintToInstruction(this.mint, address, this.upgradeAuthority.publicKey, amount)], [this.upgradeAuthority]);
    return address;
  }

  /** Terms of a payment by `payer`, with everything that both ways in need; `changes` win. */
  terms(changes = {}) {
    const payer = changes.payer ?? this.payer.publicKey;
    const terms = {
      id: randomBytes(16), job: randomBytes(16), payer, payerToken: spl.getAssociatedTokenAddressSync(changes.mint ?? this.mint, payer, true),
      amount: 100n * HYPER, timestamp: (this.now - 1) * 1000, expires: (this.now + 3600) * 1000, expiresAt: this.now + 3600,
      specHash: sha256('spec'), salt: randomBytes(32), settleBy: this.now + 86_400, attempt: 1, node: this.node.publicKey,
      nodeToken: this.nodeToken, ...changes,
    };
    const nonce = intentNonce({ cluster: this.cluster, program: this.program, mint: this.mint, ...terms, ...changes.commitment });
    return { nonce, ...terms };
  }

  text(terms) { return Buffer.from(renderIntent(terms)); }

  approve(owner, amount, delegate = this.at.allowance(owner.publicKey)) {
    const account = spl.getAssociatedTokenAddressSync(this.mint, owner.publicKey);
    this.must([spl.createApproveCheckedInstruction(account, this.mint, delegate, owner.publicKey, amount, 6)], [owner]);
  }

  /** `[Ed25519, authorize_intent]` for `terms`, signed by `signer`. */
  signedIntent(terms, { signer = this.payer, text = this.text(terms), ...accounts } = {}) {
    return [lib.ed25519([signer], text), this.facilitator.authorizeIntent(terms, accounts)];
  }

  /** A locked payment, by the payer's transaction (cheaper to set up than by a signed intent). */
  locked(changes = {}) {
    const terms = this.terms(changes);
    this.must([this.facilitator.authorizePayment(terms)], [this.relayer, this.payer]);
    return terms;
  }

  /** Tokens at the address of `terms`, as an x402 client's transfer leaves them there. The relayer has opened the account. */
  deposit(terms, { amount = terms.amount, mint = terms.mint ?? this.mint, from = this.payer } = {}) {
    const token = this.createTokenAccount(mint, this.facilitator.depositOf(terms), this.relayer);
    if (amount > 0n) {
      const source = spl.getAssociatedTokenAddressSync(mint, from.publicKey);
      this.must([spl.createTransferCheckedInstruction(source, mint, token, from.publicKey, amount, 6)], [from]);
    }
    return token;
  }

  /** Terms whose deposit has arrived. */
  deposited(changes = {}, options = {}) {
    const terms = this.terms(changes);
    this.deposit(terms, options);
    return terms;
  }

  assigned(changes = {}) {
    const terms = this.locked(changes);
    this.must([this.facilitator.assignNode(terms, this.assigner.publicKey)], [this.relayer, this.assigner]);
    return terms;
  }

  proof(terms, changes = {}) {
    return { attempt: terms.attempt, verdict: 0, charge: 40_000_001n, executionHash: sha256('execution'), logsHash: sha256('logs'), validUntil: this.now + 600, ...changes };
  }

  failure(terms, changes = {}) { return { attempt: terms.attempt, reason: 2, validUntil: this.now + 600, ...changes }; }

  get quorum() { return [this.oracles[0], this.oracles[2], this.oracles[4]]; }

  /** `[Ed25519, submit_usage_proof]`. */
  attested(terms, proof = this.proof(terms), { oracles = this.quorum, digest = {}, ...accounts } = {}) {
    return [lib.ed25519(oracles, this.facilitator.usageProofDigest(terms, proof, digest)), this.facilitator.submitUsageProof(terms, proof, accounts)];
  }

  /** `[Ed25519, refund_failed]`. */
  attestedFailure(terms, failure = this.failure(terms), { oracles = this.quorum, digest = {}, ...accounts } = {}) {
    return [lib.ed25519(oracles, this.facilitator.refundDigest(terms, failure, digest)), this.facilitator.refundFailed(terms, failure, accounts)];
  }

  payment(terms) { return lib.decodePaymentIntent(this.account(this.at.payment(terms.id)).data); }

  /** Token balances of everybody who may gain or lose by `terms`. */
  balances(terms) {
    const of = (address) => this.tokens(address);
    return {
      payer: of(terms.payerToken), node: of(terms.nodeToken), protocol: of(terms.protocolVault ?? this.protocolVault), platform: of(terms.platformVault ?? this.platformVault),
      escrow: of(this.at.escrow(terms.id)),
    };
  }
}

const difference = (after, before) => Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]));

module.exports = { Cluster, World, PROGRAM, PROGRAMS, HYPER, REFUND_GRACE, difference };
