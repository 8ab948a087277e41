// An ordinary Anchor client, given nothing but the IDL, speaks this program's language.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { AnchorError, BN, BorshCoder, EventParser, Program } = require('@coral-xyz/anchor');
const { PublicKey } = require('@solana/web3.js');
const { World, HYPER } = require('./lib/world.cjs');

const idl = JSON.parse(fs.readFileSync(path.join(__dirname, '../../programs/idl/facilitator.json')));
const coder = new BorshCoder(idl);
const world = new World();
const bn = (value) => new BN(value.toString());
const bytes = (buffer) => [...buffer];

test('the IDL names this program', () => assert.equal(idl.address, world.program.toBase58()));

test('Anchor encodes every instruction as we do', () => {
  const terms = world.terms();
  const proof = world.proof(terms);
  const failure = world.failure(terms);
  const c = world.configuration();
  const ids = { intent_id: bytes(terms.id), job_id: bytes(terms.job), amount: bn(terms.amount) };
  const cases = [
    ['initialize', world.facilitator.initialize(c), {
      cluster: bytes(world.cluster), facilitator: world.relayer.publicKey, assigner: c.assigner, oracles: c.oracles, threshold: 3, refund_grace: bn(60) }],
    ['authorize_intent', world.facilitator.authorizeIntent(terms), {
      ...ids, timestamp: bn(terms.timestamp), expires: bn(terms.expires), spec_hash: bytes(terms.specHash), settle_by: bn(terms.settleBy), salt: bytes(terms.salt) }],
    ['authorize_payment', world.facilitator.authorizePayment(terms), { ...ids, expires_at: bn(terms.expiresAt), settle_by: bn(terms.settleBy) }],
    ['activate_intent', world.facilitator.activateIntent(terms), { ...ids, settle_by: bn(terms.settleBy) }],
    ['reclaim_deposit', world.facilitator.reclaimDeposit(terms), { ...ids, settle_by: bn(terms.settleBy) }],
    ['assign_node', world.facilitator.assignNode(terms, world.assigner.publicKey), { attempt: terms.attempt, node: terms.node }],
    ['submit_usage_proof', world.facilitator.submitUsageProof(terms, { ...proof, verdict: 1 }), {
      attempt: 1, verdict: { JobFault: {} }, charge: bn(proof.charge), execution_hash: bytes(proof.executionHash), logs_hash: bytes(proof.logsHash), valid_until: bn(proof.validUntil) }],
    ['refund_failed', world.facilitator.refundFailed(terms, failure), { attempt: 1, reason: 2, valid_until: bn(failure.validUntil) }],
    ['cancel', world.facilitator.cancel(terms, terms.payer), {}],
    ['refund_expired', world.facilitator.refundExpired(terms), {}],
    ['close_intent', world.facilitator.closeIntent(terms), {}],
    ['set_paused', world.facilitator.setPaused(c.upgradeAuthority, true), { paused: true }],
    ['propose_rotation', world.facilitator.proposeRotation(c), { facilitator: world.relayer.publicKey, assigner: c.assigner, oracles: c.oracles, threshold: 3 }],
    ['withdraw_rotation', world.facilitator.withdrawRotation(c.upgradeAuthority), {}],
    ['apply_rotation', world.facilitator.applyRotation(c.upgradeAuthority), {}],
    ['render_intent', world.facilitator.renderIntent(terms), { ...ids, timestamp: bn(terms.timestamp), expires: bn(terms.expires), nonce: bytes(terms.nonce) }],
  ];
  assert.deepEqual(cases.map(([name]) => name), idl.instructions.map((i) => i.name));
  for (const [name, ours, args] of cases) {
    assert.deepEqual(coder.instruction.encode(name, args), ours.data, name);
    const described = idl.instructions.find((i) => i.name === name).accounts;
    assert.deepEqual(described.map((a) => [!!a.signer, !!a.writable]), ours.keys.map((k) => [k.isSigner, k.isWritable]), name);
    for (const [i, account] of described.entries()) if (account.address) assert.equal(ours.keys[i].pubkey.toBase58(), account.address);
  }
});

test('Anchor\'s own builder leaves out what is optional, and finds the addresses', async () => {
  const { methods } = new Program(idl, { connection: null, publicKey: world.relayer.publicKey });
  const c = world.configuration({ other: undefined });
  const [programData] = PublicKey.findProgramAddressSync([world.program.toBuffer()], new PublicKey('BPFLoaderUpgradeab1e11111111111111111111111'));
  const built = await methods
    .initialize(bytes(world.cluster), world.relayer.publicKey, c.assigner, c.oracles, 3, bn(60))
    .accountsPartial({
      upgradeAuthority: c.upgradeAuthority, mint: world.mint, protocolVault: world.protocolVault, platformVault: world.platformVault,
      otherMint: null, otherProtocolVault: null, otherPlatformVault: null, programData,
    }).instruction();
  assert.deepEqual(built, world.facilitator.initialize(c));

  const terms = world.terms();
  const [deposit, depositToken] = [world.facilitator.depositOf(terms), world.facilitator.depositTokenOf(terms)];
  const activation = await methods
    .activateIntent(bytes(terms.id), bytes(terms.job), bn(terms.amount), bn(terms.settleBy))
    .accountsPartial({ relayer: world.relayer.publicKey, mint: world.mint, payer: terms.payer, deposit, depositToken, payerToken: terms.payerToken })
    .instruction();
  assert.deepEqual(activation, world.facilitator.activateIntent(terms));
});

test('Anchor decodes accounts', () => {
  const terms = world.assigned();
  const config = coder.accounts.decode('Config', world.account(world.at.config).data);
  assert.deepEqual([config.threshold, config.refund_grace.toNumber(), config.oracles.length], [3, 60, 5]);
  assert.deepEqual([config.hyper.mint, config.others[0].mint, config.others[0].platform_vault].map(String), [world.mint, world.usdc.mint, world.usdc.platformVault].map(String));
  assert.deepEqual([config.others.length, config.others[1].mint.toBase58()], [3, PublicKey.default.toBase58()]);
  const payment = coder.accounts.decode('PaymentIntent', world.account(world.at.payment(terms.id)).data);
  assert.equal(payment.amount.toString(), (100n * HYPER).toString());
  assert.deepEqual([payment.status, payment.via, payment.attempt], [{ Pending: {} }, { Transaction: {} }, 1]);
});

test('Anchor parses events and errors', () => {
  const terms = world.terms();
  world.approve(world.payer, terms.amount);
  const logs = [
    ...world.must(world.signedIntent(terms), [world.relayer]).logs,
    ...world.must([world.facilitator.assignNode(terms, world.assigner.publicKey)], [world.relayer, world.assigner]).logs,
    ...world.must(world.attested(terms), [world.relayer]).logs,
  ];
  const refunded = world.locked();
  logs.push(...world.must([world.facilitator.cancel(refunded, refunded.payer)], [world.payer]).logs);
  world.setNow(world.payment(refunded).closableAt);
  logs.push(...world.must([world.facilitator.closeIntent(refunded)], [world.relayer]).logs);
  const early = world.deposited({ settleBy: world.now + 8 * 86_400 });
  logs.push(...world.must([world.facilitator.reclaimDeposit(early)], [world.relayer]).logs);
  const events = [...new EventParser(world.program, coder).parseLogs(logs)];
  assert.deepEqual(events.map((e) => e.name), ['PaymentAuthorized', 'NodeAssigned', 'PaymentCompleted', 'PaymentRefunded', 'PaymentClosed', 'DepositReclaimed']);
  assert.equal(events[2].data.node_share.toString(), '34000001');
  assert.deepEqual(events[3].data.reason, { Cancelled: {} });
  assert.deepEqual([events[5].data.mint.toBase58(), events[5].data.amount.toString()], [world.mint.toBase58(), early.amount.toString()]);

  const error = AnchorError.parse(world.send(world.attested(terms), [world.relayer]).logs);
  assert.deepEqual([error.error.errorCode.code, error.error.errorCode.number], ['InvalidPaymentStatus', 6002]);
});
