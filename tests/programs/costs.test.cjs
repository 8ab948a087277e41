// What each of the facilitator's instructions costs at most, as programs/README.md publishes it. An address that is searched
// costs 1,500 units a try, so the same instruction costs more for some ids: the bounds leave room for ten tries.
const test = require('node:test');
const assert = require('node:assert/strict');
const spl = require('@solana/spl-token');
const { ComputeBudgetProgram } = require('@solana/web3.js');
const { World, HYPER, REFUND_GRACE } = require('./lib/world.cjs');

const MAX_BYTES = 1_200;
const LIMITS = {
  initialize: 24_000, authorize_intent: 55_000, authorize_payment: 45_000, activate_intent: 55_000, reclaim_deposit: 35_000,
  assign_node: 5_000, submit_usage_proof: 20_000, refund_failed: 14_000, cancel: 12_000, refund_expired: 12_000, close_intent: 4_000,
  set_paused: 8_000, propose_rotation: 18_000, withdraw_rotation: 8_000, apply_rotation: 8_000,
};

test('every instruction costs no more compute units, and no transaction more bytes, than published', () => {
  const world = new World({ initialize: false });
  const { relayer, payer, assigner, stranger, upgradeAuthority: by, usdc } = world;
  const [units, bytes] = [{}, {}];
  // With a budget and a tip, as the client sends them.
  const budget = [ComputeBudgetProgram.setComputeUnitLimit({ units: 200_000 }), ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_000n })];
  const measure = (name, instructions, signers) => {
    const result = world.must([...budget, ...instructions], signers);
    units[name] = Math.max(units[name] ?? 0, result.units);
    bytes[name] = Math.max(bytes[name] ?? 0, result.size);
  };
  measure('initialize', [world.facilitator.initialize(world.configuration())], [by]);
  world.approve(payer, 1_000n * HYPER);
  for (let i = 0; i < 8; i++) {
    const signed = world.terms({ amount: HYPER });
    measure('authorize_intent', world.signedIntent(signed), [relayer]);
    measure('assign_node', [world.facilitator.assignNode(signed, assigner.publicKey)], [relayer, assigner]);
    measure('submit_usage_proof', world.attested(signed, world.proof(signed, { charge: 777_777n })), [relayer]);
    const [cancelled, expired] = [world.terms({ ...usdc, amount: HYPER }), world.terms({ amount: HYPER })];
    for (const terms of [cancelled, expired]) measure('authorize_payment', [world.facilitator.authorizePayment(terms)], [relayer, payer]);
    measure('cancel', [world.facilitator.cancel(cancelled, payer.publicKey)], [relayer, payer]);
    const deposited = world.deposited({ amount: HYPER }, { amount: HYPER + 1n });
    measure('activate_intent', [world.facilitator.activateIntent(deposited)], [relayer]);
    world.deposit(deposited);
    measure('reclaim_deposit', [world.facilitator.reclaimDeposit(deposited)], [stranger]);
    world.must([world.facilitator.assignNode(deposited, assigner.publicKey)], [relayer, assigner]);
    measure('refund_failed', world.attestedFailure(deposited), [relayer]);
    const now = world.now;
    world.setNow(expired.settleBy + REFUND_GRACE);
    measure('refund_expired', [world.facilitator.refundExpired(expired)], [stranger]);
    measure('close_intent', [world.facilitator.closeIntent(cancelled)], [stranger]);
    world.setNow(now);
  }
  for (const paused of [true, false]) measure('set_paused', [world.facilitator.setPaused(by.publicKey, paused)], [by]);
  const other = world.currency(0n);
  const propose = () => measure('propose_rotation', [world.facilitator.proposeRotation(world.configuration(), { other })], [by]);
  propose();
  propose();
  measure('withdraw_rotation', [world.facilitator.withdrawRotation(by.publicKey)], [by]);
  propose();
  world.setNow(world.now + 2 * 86_400);
  measure('apply_rotation', [world.facilitator.applyRotation(by.publicKey, { other })], [stranger]);

  if (process.env.HYPERNODE_SHOW_COSTS) console.log(Object.fromEntries(Object.keys(units).map((name) => [name, `${units[name]} units, ${bytes[name]} bytes`])));
  assert.deepEqual(Object.keys(units).sort(), Object.keys(LIMITS).sort());
  for (const name of Object.keys(units)) {
    assert.ok(units[name] <= LIMITS[name], `${name}: ${units[name]} compute units`);
    assert.ok(bytes[name] <= MAX_BYTES, `${name}: ${bytes[name]} bytes`);
  }
});

test('the largest settlements fit: five attestations, or a payer\'s account that has to be opened first', () => {
  const world = new World();
  const { relayer } = world;
  const five = world.assigned();
  const all = world.must(world.attested(five, world.proof(five), { oracles: world.oracles }), [relayer]);
  assert.ok(all.size <= MAX_BYTES + 32 && all.units <= 40_000, `${all.size} bytes, ${all.units} compute units`);
  const three = world.assigned();
  const opening = spl.createAssociatedTokenAccountIdempotentInstruction(relayer.publicKey, three.nodeToken, three.node, world.mint);
  const opened = world.must([opening, ...world.attested(three)], [relayer]);
  assert.ok(opened.size <= MAX_BYTES && opened.units <= 40_000, `${opened.size} bytes, ${opened.units} compute units`);
});
