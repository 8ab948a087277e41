// An ordinary Anchor client, given nothing but the IDL, speaks the Node Registry's language; and what each instruction costs.
const test = require('node:test');
const assert = require('node:assert/strict');
const { AnchorError, BN } = require('@coral-xyz/anchor');
const { RegistryWorld, IDL, HYPER, COOLDOWN, APPEAL, CAP_BPS } = require('./lib/registry-world.cjs');
const { sha256 } = require('./lib/intents.cjs');

const world = new RegistryWorld();
const { registry, payer } = world;
const bn = (value) => new BN(value.toString());
const bytes = (buffer) => [...buffer];

test('the IDL names this program', () => assert.equal(IDL.address, world.program.toBase58()));

test('Anchor encodes every instruction as we do', () => {
  const node = world.registered();
  const slash = world.slash();
  const outcomes = world.outcomes(node);
  const metadata = { metadata_hash: bytes(node.metadataHash), metadata_uri: node.metadataUri };
  const c = world.configuration();
  const cases = [
    ['initialize', registry.initialize(c), {
      cluster: bytes(world.cluster), oracles: c.oracles, threshold: 3, unstake_cooldown: bn(COOLDOWN), appeal_window: bn(APPEAL), slash_cap_bps: CAP_BPS }],
    ['register_node', registry.registerNode(node), { node_id: bytes(node.id), ...metadata }],
    ['update_metadata', registry.updateMetadata(node), metadata],
    ['stake', registry.stake(node, 5n), { amount: bn(5) }],
    ['request_unstake', registry.requestUnstake(node, 5n), { amount: bn(5) }],
    ['withdraw', registry.withdraw(node, 5n), { amount: bn(5) }],
    ['set_status', registry.setStatus(node, 'Draining'), { status: { Draining: {} } }],
    ['attest_status', registry.attestStatus(node, { sequence: 9, status: 'Jailed', validUntil: 7 }), { sequence: bn(9), status: { Jailed: {} }, valid_until: bn(7) }],
    ['record_outcomes', registry.recordOutcomes(node, outcomes), {
      sequence: bn(1), completed: 1, faults: 0, earned: bn(5), last_active_at: bn(world.now), valid_until: bn(outcomes.validUntil) }],
    ['propose_slash', registry.proposeSlash(node, slash), {
      incident_id: bytes(slash.id), amount: bn(slash.amount), evidence_hash: bytes(slash.evidenceHash), valid_until: bn(slash.validUntil) }],
    ['appeal_slash', registry.appealSlash(node, slash, sha256('appeal')), { appeal_hash: bytes(sha256('appeal')) }],
    ['dismiss_slash', registry.dismissSlash(node, slash), { valid_until: bn(slash.validUntil) }],
    ['execute_slash', registry.executeSlash(node, slash), {}],
    ['retire', registry.retire(node), {}],
  ];
  assert.deepEqual(cases.map(([name]) => name), IDL.instructions.map((i) => i.name));
  for (const [name, ours, args] of cases) {
    assert.deepEqual(world.coder.instruction.encode(name, args), ours.data, name);
    const described = IDL.instructions.find((i) => i.name === name).accounts;
    assert.deepEqual(described.map((a) => [!!a.signer, !!a.writable]), ours.keys.map((k) => [k.isSigner, k.isWritable]), name);
    for (const [i, account] of described.entries()) if (account.address) assert.equal(ours.keys[i].pubkey.toBase58(), account.address);
  }
});

test('Anchor parses errors', () => {
  const node = world.registered();
  const error = AnchorError.parse(world.by(node, registry.setStatus(node, 'Active')).logs);
  assert.deepEqual([error.error.errorCode.code, error.error.errorCode.number], ['InsufficientStake', 6005]);
});

// Measured, and a third more; where an address's bump is searched for, room for twenty tries at 1,500 units each.
const LIMITS = {
  register_node: 40_000, update_metadata: 4_100, stake: 7_400, request_unstake: 3_300, withdraw: 7_800, set_status: 3_000,
  attest_status: 5_200, record_outcomes: 8_500, propose_slash: 36_000, appeal_slash: 3_400, dismiss_slash: 5_700,
  execute_slash: 8_000, retire: 8_400,
};

test('every instruction costs no more compute units, and no transaction more bytes, than published', () => {
  const costs = {};
  const measure = (name, instructions, signers) => {
    const result = world.must(instructions, signers);
    costs[name] = Math.max(costs[name] ?? 0, result.units);
    assert.ok(result.size <= 1_200, `${name}: ${result.size} bytes`);
  };
  for (let i = 0; i < 3; i++) {
    const node = world.node({ metadataUri: 'a'.repeat(128) });
    const owner = [payer, node.owner];
    measure('register_node', [registry.registerNode(node)], [payer, node.owner, node.keys]);
    measure('update_metadata', [registry.updateMetadata(node)], owner);
    measure('stake', [registry.stake(node, 1_000n * HYPER)], owner);
    measure('set_status', [registry.setStatus(node, 'Active')], owner);
    measure('record_outcomes', world.recording(node, world.outcomes(node, { completed: 50, faults: 50 })), [payer]);
    measure('attest_status', world.attestation(node, 'Jailed'), [payer]);
    const [slash, mistake] = [world.slash(), world.slash()];
    measure('propose_slash', world.proposal(node, slash), [payer]);
    measure('propose_slash', world.proposal(node, mistake), [payer]);
    measure('appeal_slash', [registry.appealSlash(node, slash, sha256('appeal'))], owner);
    measure('dismiss_slash', world.dismissal(node, mistake), [payer]);
    world.later(2 * APPEAL);
    measure('execute_slash', [registry.executeSlash(node, slash)], [payer]);
    measure('request_unstake', [registry.requestUnstake(node, 900n * HYPER)], owner);
    world.later(COOLDOWN);
    measure('withdraw', [registry.withdraw(node, 900n * HYPER)], owner);
    measure('retire', [registry.retire(node)], owner);
  }
  if (process.env.HYPERNODE_SHOW_COSTS) console.log(costs);
  assert.deepEqual(Object.keys(costs).sort(), Object.keys(LIMITS).sort());
  for (const [name, units] of Object.entries(costs)) assert.ok(units <= LIMITS[name], `${name}: ${units} compute units`);
});
