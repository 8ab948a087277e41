// Other keys and vaults behind a delay, and a stop to new payments that stops no refund.
const test = require('node:test');
const assert = require('node:assert/strict');
const spl = require('@solana/spl-token');
const { Keypair, PublicKey } = require('@solana/web3.js');
const { World, REFUND_GRACE } = require('./lib/world.cjs');
const { decodeConfig, decodeEvents, ed25519, programDataAddress } = require('./lib/facilitator.cjs');
const { refused } = require('./lib/assertions.cjs');

const DELAY = 2 * 86_400;
const each = async (t, cases) => { for (const [name, run] of Object.entries(cases)) await t.test(name, run); };
const configOf = (world) => decodeConfig(world.account(world.at.config).data);
const fresh = () => Array.from({ length: 5 }, () => Keypair.generate());
const keysOf = (keypairs) => keypairs.map((k) => k.publicKey);
const setPaused = (world, paused, accounts = {}, by = world.upgradeAuthority) => world.send([world.facilitator.setPaused(by.publicKey, paused, accounts)], [by]);

test('a pause stops new payments, and neither settlements nor refunds', () => {
  const world = new World();
  const { relayer, payer, stranger } = world;
  const [settled, expired, failed, back] = [world.assigned(), world.locked(), world.assigned(), world.locked()];
  const paused = setPaused(world, true);
  assert.ok(paused.ok, paused.error);
  assert.deepEqual(decodeEvents(paused.logs), [{ name: 'IntakePaused', paused: true }]);
  assert.equal(configOf(world).paused, true);

  const terms = world.terms();
  world.approve(payer, terms.amount);
  refused(world.send(world.signedIntent(terms), [relayer]), 'IntakePaused');
  refused(world.send([world.facilitator.authorizePayment(terms)], [relayer, payer]), 'IntakePaused');

  world.must(world.attested(settled), [relayer]);
  world.must(world.attestedFailure(failed), [relayer]);
  world.must([world.facilitator.cancel(back, payer.publicKey)], [stranger, payer]);
  const now = world.now;
  world.setNow(expired.settleBy + REFUND_GRACE);
  world.must([world.facilitator.refundExpired(expired)], [stranger]);
  world.must([world.facilitator.closeIntent(settled)], [stranger]);
  world.setNow(now);

  assert.ok(setPaused(world, false).ok);
  world.must(world.signedIntent(terms), [relayer]);
});

test('a pause is refused', async (t) => {
  const world = new World();
  await each(t, {
    'by a stranger': () => refused(setPaused(world, true, {}, world.stranger), 'UnauthorizedUpgradeAuthority'),
    'by the facilitator': () => refused(setPaused(world, true, {}, world.relayer), 'UnauthorizedUpgradeAuthority'),
    'when the upgrade authority did not sign': () => refused(world.send(
      [world.facilitator.setPaused(world.upgradeAuthority.publicKey, true, { unsigned: true })], [world.stranger]), 'AccountNotSigner'),
    'with another program\'s data': () => refused(setPaused(world, true, { programData: programDataAddress(Keypair.generate().publicKey) }), 'ConstraintSeeds'),
    'of a Config of one\'s own': () => refused(setPaused(world, true, { config: world.strangerToken }), 'AccountOwnedByWrongProgram'),
    'of a Config that may not be written': () => {
      const instruction = world.facilitator.setPaused(world.upgradeAuthority.publicKey, true);
      instruction.keys[1] = { ...instruction.keys[1], isWritable: false };
      refused(world.send([instruction], [world.upgradeAuthority]), 'ConstraintMut');
    },
    'that is neither on nor off': () => {
      const instruction = world.facilitator.setPaused(world.upgradeAuthority.publicKey, true);
      instruction.data[8] = 2;
      refused(world.send([instruction], [world.upgradeAuthority]), 'InstructionDidNotDeserialize');
    },
  });
});

test('a rotation takes effect when its delay is over, and not a second before', () => {
  const world = new World();
  const { relayer, stranger, upgradeAuthority: by } = world;
  const terms = world.assigned({ settleBy: world.now + 3 * 86_400 });
  const oracles = fresh();
  const vaults = { protocolVault: world.createTokenAccount(world.mint, Keypair.generate().publicKey, relayer), platformVault: world.platformVault };
  const before = world.lamports(by.publicKey);
  const proposed = world.must([world.facilitator.proposeRotation(world.configuration({ oracles: keysOf(oracles), threshold: 4 }), vaults)], [by]);
  const due = world.now + DELAY;
  assert.deepEqual(decodeEvents(proposed.logs).map((e) => [e.name, e.dueAt]), [['RotationProposed', due]]);
  const apply = () => world.send([world.facilitator.applyRotation(by.publicKey, vaults)], [stranger]);
  world.setNow(due - 1);
  refused(apply(), 'RotationNotDue');
  assert.deepEqual(configOf(world).oracles.map(String), world.oracles.map((o) => o.publicKey.toBase58()));
  world.setNow(due);
  const applied = apply();
  assert.ok(applied.ok, applied.error);
  assert.deepEqual(decodeEvents(applied.logs).map((e) => [e.name, e.dueAt]), [['RotationApplied', due]]);
  assert.equal(before - world.lamports(by.publicKey), 5_000n, 'the rent is back');
  assert.equal(world.account(world.at.rotation), null);
  const config = configOf(world);
  assert.deepEqual([config.oracles.map(String), config.threshold, config.protocolVault.toBase58(), config.paused], [keysOf(oracles).map(String), 4, vaults.protocolVault.toBase58(), false]);
  assert.deepEqual([config.cluster, config.mint.toBase58(), config.refundGrace], [world.cluster, world.mint.toBase58(), REFUND_GRACE]);

  // The old oracles' word is worth nothing, the new ones' settles what was locked under the old.
  const proof = world.proof(terms);
  refused(world.send(world.attested(terms, proof, { ...vaults, oracles: world.oracles.slice(0, 4) }), [relayer]), 'UnauthorizedOracle');
  refused(world.send(world.attested(terms, proof, { ...vaults, oracles: oracles.slice(0, 3) }), [relayer]), 'QuorumNotReached');
  refused(world.send(world.attested(terms, proof, { oracles: oracles.slice(0, 4) }), [relayer]), 'ConstraintAddress');
  const settlement = [ed25519(oracles.slice(0, 4), world.facilitator.usageProofDigest(terms, proof)), world.facilitator.submitUsageProof(terms, proof, vaults)];
  world.must(settlement, [relayer]);
  assert.equal(world.tokens(vaults.protocolVault), proof.charge / 10n);
});

test('a rotation is refused', async (t) => {
  const world = new World();
  const { upgradeAuthority: by, stranger } = world;
  const propose = (changes = {}, accounts = {}, signer = by) =>
    world.send([world.facilitator.proposeRotation(world.configuration({ upgradeAuthority: signer.publicKey, ...changes }), accounts)], [signer]);
  const apply = (accounts = {}) => world.send([world.facilitator.applyRotation(by.publicKey, accounts)], [stranger]);
  const withdraw = (accounts = {}, signer = by) => world.send([world.facilitator.withdrawRotation(signer.publicKey, accounts)], [signer]);
  const foreign = Keypair.generate();
  world.createMint(foreign, by);
  const repeated = keysOf(world.oracles);
  repeated[4] = repeated[0];
  await each(t, {
    'by a stranger': () => refused(propose({}, {}, stranger), 'UnauthorizedUpgradeAuthority'),
    'when the upgrade authority did not sign': () =>
      refused(world.send([world.facilitator.proposeRotation(world.configuration(), { unsigned: true })], [stranger]), 'AccountNotSigner'),
    'with another program\'s data': () => refused(propose({}, { programData: programDataAddress(Keypair.generate().publicKey) }), 'ConstraintSeeds'),
    'with a threshold of two': () => refused(propose({ threshold: 2 }), 'InvariantViolated'),
    'with a threshold of six': () => refused(propose({ threshold: 6 }), 'InvariantViolated'),
    'with an oracle named twice': () => refused(propose({ oracles: repeated }), 'InvariantViolated'),
    'with no facilitator': () => refused(propose({ facilitator: PublicKey.default }), 'InvariantViolated'),
    'with no assigner': () => refused(propose({ assigner: PublicKey.default }), 'InvariantViolated'),
    'to a vault of another mint': () =>
      refused(propose({}, { protocolVault: world.createTokenAccount(foreign.publicKey, stranger.publicKey, by) }), 'ConstraintTokenMint'),
    'to a vault that is none': () => refused(propose({}, { platformVault: stranger.publicKey }), 'AccountOwnedByWrongProgram'),
    'at another address': () => refused(propose({}, { rotation: Keypair.generate().publicKey }), 'ConstraintSeeds'),
    'of a Config of one\'s own': () => refused(propose({}, { config: world.strangerToken }), 'AccountOwnedByWrongProgram'),
    'when none was proposed: applied': () => refused(apply(), 'AccountOwnedByWrongProgram'),
    'when none was proposed: withdrawn': () => refused(withdraw(), 'AccountOwnedByWrongProgram'),
    'withdrawn by a stranger': () => {
      assert.ok(propose().ok);
      refused(withdraw({ rentPayer: by.publicKey }, stranger), 'UnauthorizedUpgradeAuthority');
    },
    'withdrawn with the rent to another': () => refused(withdraw({ rentPayer: stranger.publicKey }), 'ConstraintHasOne'),
    'withdrawn from the Config': () => refused(withdraw({ rotation: world.at.config }), 'AccountDidNotDeserialize'),
    'applied at once': () => refused(apply(), 'RotationNotDue'),
    'applied when it was proposed again a second before': () => {
      world.setNow(world.now + DELAY - 1);
      assert.ok(propose({ threshold: 5 }).ok);
      world.setNow(world.now + 1);
      refused(apply(), 'RotationNotDue');
      world.setNow(world.now + DELAY - 1);
    },
    'applied with the rent to another': () => refused(apply({ rentPayer: stranger.publicKey }), 'ConstraintHasOne'),
    'applied with another vault': () => refused(apply({ protocolVault: world.strangerToken }), 'ConstraintAddress'),
    'applied with the vaults exchanged': () => refused(apply({ protocolVault: world.platformVault, platformVault: world.protocolVault }), 'ConstraintAddress'),
    'applied from the Config': () => refused(apply({ rotation: world.at.config }), 'AccountDidNotDeserialize'),
    'applied to a Config of one\'s own': () => refused(apply({ config: world.strangerToken }), 'AccountOwnedByWrongProgram'),
    'applied to a vault that was closed': () => {
      world.must([spl.createCloseAccountInstruction(world.protocolVault, by.publicKey, world.treasury.publicKey)], [by, world.treasury]);
      refused(apply(), 'AccountOwnedByWrongProgram');
      world.createTokenAccount(world.mint, world.treasury.publicKey, by);
    },
    'applied when it was withdrawn': () => {
      assert.ok(withdraw().ok);
      refused(apply(), 'AccountOwnedByWrongProgram');
    },
    'applied twice': () => {
      assert.ok(propose().ok);
      world.setNow(world.now + DELAY);
      assert.ok(apply().ok);
      refused(apply(), 'AccountOwnedByWrongProgram');
    },
  });
});
