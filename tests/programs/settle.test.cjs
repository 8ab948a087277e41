// Assigning a node, and paying it.
const test = require('node:test');
const assert = require('node:assert/strict');
const { Keypair, PublicKey } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { World, HYPER, difference } = require('./lib/world.cjs');
const { decodeEvents } = require('./lib/facilitator.cjs');
const { sha256 } = require('./lib/intents.cjs');
const { refused } = require('./lib/assertions.cjs');

const world = new World();
const { relayer, payer, stranger, assigner } = world;
const assign = (terms, changes = {}, accounts = {}, by = assigner) =>
  world.send([world.facilitator.assignNode({ ...terms, ...changes }, by.publicKey, accounts)], [relayer, by]);

test('the assigner names the node of an attempt, and of a later one', () => {
  const terms = world.locked();
  const result = assign(terms);
  assert.ok(result.ok, result.error);
  const [event] = decodeEvents(result.logs);
  assert.deepEqual([event.name, event.attempt, event.node.toBase58()], ['NodeAssigned', 1, world.node.publicKey.toBase58()]);
  assert.ok(assign(terms, { attempt: 3, node: world.otherNode.publicKey }).ok);
  const payment = world.payment(terms);
  assert.deepEqual([payment.attempt, payment.assignedNode.toBase58(), payment.status], [3, world.otherNode.publicKey.toBase58(), 'Pending']);
});

test('an assignment is refused', async (t) => {
  const terms = world.assigned({ attempt: 2 });
  const cases = {
    'by a stranger': () => refused(assign(terms, { attempt: 3 }, {}, stranger), 'UnauthorizedAssigner'),
    'by the facilitator': () => refused(world.send([world.facilitator.assignNode({ ...terms, attempt: 3 }, relayer.publicKey)], [relayer]), 'UnauthorizedAssigner'),
    'unsigned': () => refused(world.send([world.facilitator.assignNode({ ...terms, attempt: 3 }, assigner.publicKey, { unsigned: true })], [relayer]), 'AccountNotSigner'),
    'of the same attempt': () => refused(assign(terms, { attempt: 2, node: world.otherNode.publicKey }), 'AttemptNotRising'),
    'of an earlier attempt': () => refused(assign(terms, { attempt: 1 }), 'AttemptNotRising'),
    'of attempt zero': () => refused(assign(world.locked(), { attempt: 0 }), 'AttemptNotRising'),
    'of nobody': () => refused(assign(terms, { attempt: 3, node: PublicKey.default }), 'NodeNotAssigned'),
    'of a payment that is not there': () => refused(assign(world.terms()), 'AccountOwnedByWrongProgram'),
    'of the Config': () => refused(assign(terms, { attempt: 3 }, { payment: world.at.config }), 'AccountDidNotDeserialize'),
    'once settle_by is reached': () => {
      const now = world.now;
      world.setNow(terms.settleBy);
      refused(assign(terms, { attempt: 3 }), 'PaymentExpired');
      world.setNow(now);
    },
    'once it is settled': () => {
      world.must(world.attested(terms), [relayer]);
      refused(assign(terms, { attempt: 3 }), 'InvalidPaymentStatus');
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, run);
});

test('a proof pays 85, 10 and 5, gives the rest back, and leaves a tombstone', () => {
  const terms = world.assigned();
  const before = world.balances(terms);
  const escrowRent = world.lamports(world.at.escrow(terms.id));
  const paymentRent = world.lamports(world.at.payment(terms.id));
  const relayerBefore = world.lamports(relayer.publicKey);
  const proof = world.proof(terms, { charge: 40_000_001n });

  const result = world.must(world.attested(terms, proof), [stranger]); // anyone may bring it
  assert.deepEqual(difference(world.balances(terms), before), {
    payer: 59_999_999n, node: 34_000_001n, protocol: 4_000_000n, platform: 2_000_000n, escrow: -100n * HYPER,
  });
  assert.equal(world.account(world.at.escrow(terms.id)), null, 'the escrow is closed');
  assert.equal(world.lamports(relayer.publicKey) - relayerBefore, escrowRent, 'its rent is back with whoever paid it');
  assert.equal(world.lamports(world.at.payment(terms.id)), paymentRent, 'the tombstone stays');

  const payment = world.payment(terms);
  assert.deepEqual([payment.status, payment.charge, payment.verifiedAt], ['Completed', 40_000_001n, world.now]);
  assert.deepEqual([payment.executionHash, payment.logsHash], [proof.executionHash, proof.logsHash]);
  const [event] = decodeEvents(result.logs);
  assert.deepEqual(
    [event.name, event.amount, event.nodeShare, event.protocolFee, event.platformFee, event.refund, event.verdict],
    ['PaymentCompleted', 40_000_001n, 34_000_001n, 4_000_000n, 2_000_000n, 59_999_999n, 0]);
  assert.ok(result.size <= 1232);
});

test('every charge is split exactly', async (t) => {
  const charges = [1n, 9n, 10n, 19n, 20n, 21n, 99n, 101n, 999_999n, HYPER, 33_333_333n, 100n * HYPER - 1n, 100n * HYPER];
  for (const charge of charges) {
    await t.test(`${charge}`, () => {
      const terms = world.assigned();
      const before = world.balances(terms);
      world.must(world.attested(terms, world.proof(terms, { charge, verdict: Number(charge % 3n) })), [relayer]);
      const [protocol, platform] = [charge / 10n, charge / 20n];
      assert.deepEqual(difference(world.balances(terms), before), {
        payer: 100n * HYPER - charge, node: charge - protocol - platform, protocol, platform, escrow: -100n * HYPER,
      });
    });
  }
});

test('tokens sent to the escrow by others go to the payer', () => {
  const terms = world.assigned();
  const escrow = world.at.escrow(terms.id);
  world.must([spl.createTransferInstruction(world.strangerToken, escrow, stranger.publicKey, 7n)], [stranger]);
  const before = world.balances(terms);
  world.must(world.attested(terms, world.proof(terms, { charge: 100n * HYPER })), [relayer]);
  assert.equal(difference(world.balances(terms), before).payer, 7n);
});

test('a proof for the later attempt pays the later node', () => {
  const first = world.assigned();
  const second = { ...first, attempt: 2, node: world.otherNode.publicKey, nodeToken: world.otherNodeToken };
  assert.ok(assign(second).ok);
  refused(world.send(world.attested(first), [relayer]), 'AttestationMismatch');
  const before = world.balances(second);
  world.must(world.attested(second), [relayer]);
  assert.equal(difference(world.balances(second), before).node, 34_000_001n);
});

test('a proof is refused', async (t) => {
  const terms = world.assigned({ attempt: 2 });
  const other = world.assigned({ attempt: 2 });
  const submit = (changes = {}, options = {}) => world.send(world.attested(terms, world.proof(terms, changes), options), [relayer]);
  /** The oracles signed `proof`, but the instruction says something else. */
  const lie = (sent) => {
    const proof = world.proof(terms);
    const [verification] = world.attested(terms, proof);
    return world.send([verification, world.facilitator.submitUsageProof(terms, { ...proof, ...sent })], [relayer]);
  };
  const cases = {
    'of an earlier attempt': () => refused(submit({ attempt: 1 }), 'AttestationMismatch'),
    'of a later attempt': () => refused(submit({ attempt: 3 }), 'AttestationMismatch'),
    'for another node': () => refused(submit({}, { digest: { node: world.otherNode.publicKey } }), 'AttestationMismatch'),
    'for another cluster': () => refused(submit({}, { digest: { cluster: sha256('another cluster') } }), 'AttestationMismatch'),
    'for another program': () => refused(submit({}, { digest: { program: Keypair.generate().publicKey } }), 'AttestationMismatch'),
    'in another domain': () => refused(submit({}, { digest: { domain: 'HYPERNODE/usage-proof/v2' } }), 'AttestationMismatch'),
    'for another payment': () => {
      const [verification] = world.attested(other);
      refused(world.send([verification, world.facilitator.submitUsageProof(terms, world.proof(terms))], [relayer]), 'AttestationMismatch');
    },
    'with another charge than attested': () => refused(lie({ charge: 40_000_002n }), 'AttestationMismatch'),
    'with another verdict than attested': () => refused(lie({ verdict: 1 }), 'AttestationMismatch'),
    'with another execution hash than attested': () => refused(lie({ executionHash: sha256('lie') }), 'AttestationMismatch'),
    'with other logs than attested': () => refused(lie({ logsHash: sha256('lie') }), 'AttestationMismatch'),
    'with a longer life than attested': () => refused(lie({ validUntil: world.now + 9_999 }), 'AttestationMismatch'),
    'that has expired': () => refused(submit({ validUntil: world.now }), 'AttestationExpired'),
    'that charges more than the amount': () => refused(submit({ charge: 100n * HYPER + 1n }), 'ChargeOutOfRange'),
    'that charges nothing': () => refused(submit({ charge: 0n }), 'ChargeOutOfRange'),
    'with a verdict that does not exist': () => refused(submit({ verdict: 3 }), 'AttestationMismatch'),
    'of success without an execution hash': () => refused(submit({ executionHash: Buffer.alloc(32) }), 'InvalidHashFormat'),
    'of a job\'s fault without logs': () => refused(submit({ verdict: 1, logsHash: Buffer.alloc(32) }), 'InvalidHashFormat'),
    'when no node was assigned': () => {
      const unassigned = world.locked({ attempt: 0 });
      refused(world.send(world.attested(unassigned), [relayer]), 'NodeNotAssigned');
    },
    'that pays another node': () => refused(submit({}, { nodeToken: world.otherNodeToken }), 'ConstraintTokenOwner'),
    'that pays the escrow itself': () => refused(submit({}, { nodeToken: world.at.escrow(terms.id) }), 'ConstraintTokenOwner'),
    'that pays in another mint': () => {
      const mint = Keypair.generate();
      world.createMint(mint, world.upgradeAuthority);
      const token = world.createTokenAccount(mint.publicKey, world.node.publicKey, relayer);
      refused(submit({}, { nodeToken: token }), 'ConstraintTokenMint');
    },
    'that gives a stranger the rest': () => refused(submit({}, { payerToken: world.strangerToken }), 'PayerMismatch'),
    'that gives a stranger the rent': () => refused(submit({}, { rentPayer: stranger.publicKey }), 'ConstraintHasOne'),
    'that pays the protocol\'s fee elsewhere': () => refused(submit({}, { protocolVault: world.strangerToken }), 'ConstraintAddress'),
    'that pays the platform\'s fee elsewhere': () => refused(submit({}, { platformVault: world.strangerToken }), 'ConstraintAddress'),
    'that swaps the two vaults': () => refused(submit({}, { protocolVault: world.platformVault, platformVault: world.protocolVault }), 'ConstraintAddress'),
    'that empties another payment\'s escrow': () => refused(submit({}, { escrow: world.at.escrow(other.id) }), 'ConstraintSeeds'),
    'with another mint': () => refused(submit({}, { mint: world.strangerToken }), 'ConstraintAddress'),
    'with another token program': () => refused(submit({}, { tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'),
    'with another account as Config': () => refused(submit({}, { config: world.at.payment(other.id) }), 'AccountDidNotDeserialize'),
    'made of refund signatures': () => {
      const [verification] = world.attestedFailure(terms);
      refused(world.send([verification, world.facilitator.submitUsageProof(terms, world.proof(terms))], [relayer]), 'AttestationMismatch');
    },
    'at settle_by': () => {
      const now = world.now;
      world.setNow(terms.settleBy);
      refused(submit(), 'PaymentExpired');
      world.setNow(now);
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, run);

  await t.test('one second before settle_by it is accepted, and a second time it is not', () => {
    const now = world.now;
    world.setNow(terms.settleBy - 1);
    assert.ok(submit().ok);
    refused(submit(), 'InvalidPaymentStatus');
    refused(world.send(world.attestedFailure(terms), [relayer]), 'InvalidPaymentStatus');
    world.setNow(terms.settleBy + 3_600);
    refused(world.send([world.facilitator.refundExpired(terms)], [relayer]), 'InvalidPaymentStatus');
    world.setNow(now);
  });
});
