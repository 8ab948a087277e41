// Which mints payments are taken in, how a further one enters Config, and that a mint which could tax or watch a transfer
// enters nowhere.
const test = require('node:test');
const assert = require('node:assert/strict');
const { Keypair, PublicKey, SystemProgram } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { World, HYPER, REFUND_GRACE, difference } = require('./lib/world.cjs');
const { decodeConfig } = require('./lib/facilitator.cjs');
const { RULES, SplitterWorld } = require('./lib/splitter.cjs');
const { RegistryWorld } = require('./lib/registry-world.cjs');
const { refused } = require('./lib/assertions.cjs');

const DELAY = 2 * 86_400;
const each = async (t, cases) => { for (const [name, run] of Object.entries(cases)) await t.test(name, run); };
const configOf = (world) => decodeConfig(world.account(world.at.config).data);
const texts = (accepted) => [accepted.mint, accepted.protocolVault, accepted.platformVault].map(String);
const empty = Array(3).fill(PublicKey.default.toBase58());
const initialize = (world, changes = {}, accounts = {}) => world.send([world.facilitator.initialize(world.configuration(changes), accounts)], [world.upgradeAuthority]);
const propose = (world, other, accounts = {}) =>
  world.send([world.facilitator.proposeRotation(world.configuration(), { other, ...accounts })], [world.upgradeAuthority]);
const apply = (world, other, accounts = {}) =>
  world.send([world.facilitator.applyRotation(world.upgradeAuthority.publicKey, { other, ...accounts })], [world.stranger]);

/** Proposed and applied, in time. */
function rotate(world, other) {
  const proposed = propose(world, other);
  assert.ok(proposed.ok, proposed.error);
  world.setNow(world.now + DELAY);
  const applied = apply(world, other);
  assert.ok(applied.ok, applied.error);
}

test('a Config may begin with HYPER alone, and take a further mint when the delay of a rotation is over', () => {
  const world = new World({ initialize: false });
  const { usdc, relayer, payer } = world;
  assert.ok(initialize(world, { other: undefined }).ok);
  assert.deepEqual(configOf(world).others.map(texts), [empty, empty, empty]);
  const pay = () => world.send([world.facilitator.authorizePayment(world.terms({ ...usdc }))], [relayer, payer]);
  refused(pay(), 'MintNotAccepted');

  assert.ok(propose(world, usdc).ok);
  const due = world.now + DELAY;
  refused(pay(), 'MintNotAccepted');
  world.setNow(due - 1);
  refused(apply(world, usdc), 'RotationNotDue');
  world.setNow(due);
  assert.ok(apply(world, usdc).ok);
  assert.deepEqual(configOf(world).others.map(texts), [texts(usdc), empty, empty]);
  assert.equal(configOf(world).mint.toBase58(), world.mint.toBase58());
  assert.ok(pay().ok);
});

test('a rotation moves the fees of an accepted mint to other vaults, also of payments that are open', () => {
  const world = new World();
  const { usdc, relayer } = world;
  const terms = world.assigned({ ...usdc, settleBy: world.now + 3 * 86_400 });
  const moved = { mint: usdc.mint, protocolVault: world.createTokenAccount(usdc.mint, Keypair.generate().publicKey, relayer), platformVault: usdc.platformVault };
  rotate(world, moved);
  assert.deepEqual(configOf(world).others.map(texts), [texts(moved), empty, empty]);
  const proof = world.proof(terms, { charge: 1_000n });
  refused(world.send(world.attested(terms, proof), [relayer]), 'ConstraintAddress');
  world.must(world.attested(terms, proof, { protocolVault: moved.protocolVault }), [relayer]);
  assert.equal(world.tokens(moved.protocolVault), 100n);
});

test('a rotation without a mint leaves the mints as they are', () => {
  const world = new World();
  rotate(world, undefined);
  assert.deepEqual(configOf(world).others.map(texts), [texts(world.usdc), empty, empty]);
});

test('Config has room for three mints beside HYPER', () => {
  const world = new World();
  const more = [world.currency(0n), world.currency(0n), world.currency(0n)];
  rotate(world, more[0]);
  rotate(world, more[1]);
  assert.deepEqual(configOf(world).others.map(texts), [world.usdc, more[0], more[1]].map(texts));
  refused(propose(world, more[2]), 'TooManyMints');
  rotate(world, more[0]);
});

test('a payment is settled and refunded in its own mint, with that mint\'s vaults', async (t) => {
  const world = new World();
  const { usdc, relayer, payer, stranger } = world;
  const amount = 10n * HYPER;
  const pay = () => world.assigned({ ...usdc, amount });
  await t.test('settled', () => {
    const terms = pay();
    assert.equal(world.payment(terms).mint.toBase58(), usdc.mint.toBase58());
    const before = world.balances(terms);
    world.must(world.attested(terms, world.proof(terms, { charge: 999_999n })), [relayer]);
    assert.deepEqual(difference(world.balances(terms), before), { payer: amount - 999_999n, node: 850_001n, protocol: 99_999n, platform: 49_999n, escrow: -amount });
  });
  const back = (name, run) => t.test(name, () => {
    const terms = name === 'cancelled' ? world.locked({ ...usdc, amount }) : pay();
    const before = world.balances(terms);
    run(terms);
    assert.deepEqual(difference(world.balances(terms), before), { payer: amount, node: 0n, protocol: 0n, platform: 0n, escrow: -amount });
  });
  await back('cancelled', (terms) => world.must([world.facilitator.cancel(terms, payer.publicKey)], [stranger, payer]));
  await back('failed', (terms) => world.must(world.attestedFailure(terms), [stranger]));
  await back('expired', (terms) => {
    world.setNow(terms.settleBy + REFUND_GRACE);
    world.must([world.facilitator.refundExpired(terms)], [stranger]);
  });
});

test('a payment in the other mint is refused', async (t) => {
  const world = new World();
  const { usdc, relayer, payer, stranger } = world;
  world.approve(payer, 1_000n * HYPER);
  const inUsdc = world.assigned({ ...usdc, amount: HYPER });
  const inHyper = world.assigned({ amount: HYPER });
  const hyper = { mint: world.mint, protocolVault: world.protocolVault, platformVault: world.platformVault };
  const settle = (terms, accounts = {}) => world.send(world.attested(terms, world.proof(terms, { charge: 100n }), accounts), [relayer]);
  const nodesUsdc = usdc.nodeToken;
  await each(t, {
    'by a signed text, which speaks of HYPER': () => {
      const terms = world.terms({ ...usdc });
      refused(world.send(world.signedIntent(terms), [relayer]), 'ConstraintAddress');
    },
    'with HYPER\'s mint and the other tokens': () => refused(world.send([world.facilitator.authorizePayment(world.terms({ payerToken: usdc.payerToken }))], [relayer, payer]), 'PayerMismatch'),
    'with its mint and HYPER\'s tokens': () =>
      refused(world.send([world.facilitator.authorizePayment(world.terms({ mint: usdc.mint, payerToken: world.payerToken }))], [relayer, payer]), 'PayerMismatch'),
    'in a mint that is not in the list': () =>
      refused(world.send([world.facilitator.authorizePayment(world.terms({ ...world.currency(1_000n * HYPER) }))], [relayer, payer]), 'MintNotAccepted'),
    'when a vault is given for the mint': () => refused(world.send([world.facilitator.authorizePayment(world.terms({ ...usdc }), { mint: usdc.protocolVault })], [relayer, payer]), 'MintNotAccepted'),
    'when it is settled with HYPER\'s vaults': () => refused(settle(inUsdc, hyper), 'ConstraintAddress'),
    'when it is settled with its mint and HYPER\'s vaults': () => refused(settle(inUsdc, { ...hyper, mint: usdc.mint }), 'ConstraintAddress'),
    'when it is settled with one of HYPER\'s vaults': () => refused(settle(inUsdc, { platformVault: world.platformVault }), 'ConstraintAddress'),
    'when it pays the node in HYPER': () => refused(settle(inUsdc, { nodeToken: world.nodeToken }), 'ConstraintTokenMint'),
    'when it gives HYPER\'s account the rest': () => refused(settle(inUsdc, { payerToken: world.payerToken }), 'PayerMismatch'),
    'when HYPER is settled with its vaults': () => refused(settle(inHyper, { protocolVault: usdc.protocolVault, platformVault: usdc.platformVault }), 'ConstraintAddress'),
    'when HYPER is settled with its mint': () => refused(settle(inHyper, { mint: usdc.mint }), 'ConstraintAddress'),
    'when HYPER pays the node in it': () => refused(settle(inHyper, { nodeToken: nodesUsdc }), 'ConstraintTokenMint'),
    'when it is cancelled with HYPER\'s mint': () => {
      const terms = world.locked({ ...usdc, amount: HYPER });
      refused(world.send([world.facilitator.cancel(terms, payer.publicKey, { mint: world.mint })], [stranger, payer]), 'ConstraintAddress');
    },
    'when it is refunded to HYPER\'s account': () => refused(world.send(world.attestedFailure(inUsdc, world.failure(inUsdc), { payerToken: world.payerToken }), [relayer]), 'PayerMismatch'),
  });
});

test('a further mint is refused', async (t) => {
  const world = new World();
  const { usdc, stranger } = world;
  const offered = world.currency(0n);
  const foreign = world.currency(0n);
  const changed = (changes) => ({ ...offered, ...changes });
  await each(t, {
    'when it is HYPER': () => refused(propose(world, { mint: world.mint, protocolVault: world.protocolVault, platformVault: world.platformVault }), 'InvariantViolated'),
    'with nine decimals': () => refused(propose(world, world.currency(0n, 9)), 'ConstraintTokenMint'),
    'with five decimals': () => refused(propose(world, world.currency(0n, 5)), 'ConstraintTokenMint'),
    'when it is a token account': () => refused(propose(world, changed({ mint: offered.protocolVault })), 'AccountDiscriminatorMismatch'),
    'when it is not there': () => refused(propose(world, changed({ mint: Keypair.generate().publicKey })), 'AccountOwnedByWrongProgram'),
    'when it is a wallet': () => refused(propose(world, changed({ mint: stranger.publicKey })), 'AccountOwnedByWrongProgram'),
    'when it was never initialized': () => {
      const blank = Keypair.generate();
      world.must([SystemProgram.createAccount({ fromPubkey: stranger.publicKey, newAccountPubkey: blank.publicKey, lamports: world.rent(82), space: 82, programId: spl.TOKEN_PROGRAM_ID })], [stranger, blank]);
      refused(propose(world, changed({ mint: blank.publicKey })), 'AccountDiscriminatorMismatch');
    },
    'with a protocol vault of another mint': () => refused(propose(world, changed({ protocolVault: foreign.protocolVault })), 'ConstraintTokenMint'),
    'with a platform vault of HYPER': () => refused(propose(world, changed({ platformVault: world.platformVault })), 'ConstraintTokenMint'),
    'with a vault that is none': () => refused(propose(world, changed({ protocolVault: stranger.publicKey })), 'AccountOwnedByWrongProgram'),
    'with a vault left out': () => refused(propose(world, changed({ platformVault: world.program })), 'AccountOwnedByWrongProgram'),
    'with its mint as vault': () => refused(propose(world, changed({ platformVault: offered.mint })), 'AccountDiscriminatorMismatch'),
    'by a stranger': () => refused(world.send([world.facilitator.proposeRotation(world.configuration({ upgradeAuthority: stranger.publicKey }), { other: offered })], [stranger]), 'UnauthorizedUpgradeAuthority'),
    'applied with other vaults': () => {
      assert.ok(propose(world, offered).ok);
      world.setNow(world.now + DELAY);
      refused(apply(world, foreign), 'ConstraintAddress');
    },
    'applied with the vaults exchanged': () => refused(apply(world, { protocolVault: offered.platformVault, platformVault: offered.protocolVault }), 'ConstraintAddress'),
    'applied with another protocol vault': () => refused(apply(world, changed({ protocolVault: offered.platformVault })), 'ConstraintAddress'),
    'applied with another platform vault': () => refused(apply(world, changed({ platformVault: offered.protocolVault })), 'ConstraintAddress'),
    'applied with the vaults left out': () => refused(apply(world, undefined), 'ConstraintAddress'),
    'applied to a vault that was closed': () => {
      const { treasury } = world;
      world.must([spl.createCloseAccountInstruction(offered.protocolVault, treasury.publicKey, treasury.publicKey)], [stranger, treasury]);
      refused(apply(world, offered), 'AccountOwnedByWrongProgram');
      world.createTokenAccount(offered.mint, treasury.publicKey, stranger);
      assert.ok(apply(world, offered).ok);
    },
    'at the beginning, when it is HYPER': () => {
      const fresh = new World({ initialize: false });
      const other = { mint: fresh.mint, protocolVault: fresh.protocolVault, platformVault: fresh.platformVault };
      refused(initialize(fresh, { other }), 'InvariantViolated');
    },
    'at the beginning, with vaults of HYPER': () => {
      const fresh = new World({ initialize: false });
      refused(initialize(fresh, { other: { ...fresh.usdc, protocolVault: fresh.protocolVault } }), 'ConstraintTokenMint');
    },
    'at the beginning, with nine decimals': () => {
      const fresh = new World({ initialize: false });
      refused(initialize(fresh, { other: fresh.currency(0n, 9) }), 'ConstraintTokenMint');
    },
  });
  assert.deepEqual(configOf(world).others.map(texts), [texts(usdc), texts(offered), empty]);
});

// By its owner, whatever its extensions: a transfer fee would take from the escrow, a hook could refuse a refund.
for (const extension of ['fee', 'hook', 'none']) {
  const named = { fee: 'transfer fees', hook: 'a transfer hook', none: 'no extension' }[extension];
  test(`a Token-2022 mint with ${named} enters nowhere`, async (t) => {
    const world = new World();
    const unconfigured = new World({ initialize: false });
    const { relayer, payer, stranger } = world;
    world.approve(payer, 1_000n * HYPER);
    /** Its mint, vaults and token accounts, in a world. */
    const currency2022 = (w) => {
      const mint = w.createMint2022(w.upgradeAuthority, extension);
      const token = (owner) => {
        const address = spl.getAssociatedTokenAddressSync(mint, owner, true, spl.TOKEN_2022_PROGRAM_ID);
        w.must([spl.createAssociatedTokenAccountIdempotentInstruction(w.relayer.publicKey, address, owner, mint, spl.TOKEN_2022_PROGRAM_ID)], [w.relayer]);
        return address;
      };
      const [protocolVault, platformVault, payerToken, nodeToken] =
        [w.treasury.publicKey, w.stranger.publicKey, w.payer.publicKey, w.node.publicKey].map(token);
      return { mint, protocolVault, platformVault, payerToken, nodeToken, token };
    };
    const foreign = currency2022(world);
    const other = currency2022(unconfigured);
    const tokenProgram = spl.TOKEN_2022_PROGRAM_ID;
    const assigned = world.assigned();
    const deposited = world.deposited();
    const late = (run) => { const now = world.now; world.setNow(deposited.settleBy); run(); world.setNow(now); };
    const settle = (accounts) => world.send(world.attested(assigned, world.proof(assigned), accounts), [relayer]);
    const pay = (changes, accounts = {}) => world.send([world.facilitator.authorizePayment(world.terms(changes), accounts)], [relayer, payer]);
    const activate = (terms, accounts = {}) => world.send([world.facilitator.activateIntent(terms, accounts)], [relayer]);
    const reclaim = (terms, accounts = {}) => world.send([world.facilitator.reclaimDeposit(terms, accounts)], [stranger]);
    await each(t, {
      'as HYPER': () => refused(initialize(unconfigured, {}, { mint: other.mint }), 'AccountOwnedByWrongProgram'),
      'as HYPER\'s vault': () => refused(initialize(unconfigured, {}, { platformVault: other.platformVault }), 'AccountOwnedByWrongProgram'),
      'as the other mint': () => refused(initialize(unconfigured, { other }), 'AccountOwnedByWrongProgram'),
      'as the other mint\'s vault': () =>
        refused(initialize(unconfigured, { other: { ...unconfigured.usdc, protocolVault: other.protocolVault } }), 'AccountOwnedByWrongProgram'),
      'by a rotation': () => refused(propose(world, foreign), 'AccountOwnedByWrongProgram'),
      'by a rotation, as a vault': () => refused(propose(world, { ...world.usdc, platformVault: foreign.platformVault }), 'AccountOwnedByWrongProgram'),
      'by a rotation, as HYPER\'s vault': () => refused(propose(world, undefined, { protocolVault: foreign.protocolVault }), 'AccountOwnedByWrongProgram'),
      'in a signed intent': () => refused(world.send(world.signedIntent(world.terms({ mint: foreign.mint })), [relayer]), 'ConstraintAddress'),
      'in a signed intent, as the payer\'s tokens': () => refused(world.send(world.signedIntent(world.terms(), { payerToken: foreign.payerToken }), [relayer]), 'AccountOwnedByWrongProgram'),
      'in a payer\'s transaction': () => refused(pay({ ...foreign }), 'MintNotAccepted'),
      'in a payer\'s transaction, with its program': () => refused(pay({ ...foreign }, { tokenProgram }), 'InvalidProgramId'),
      'in a payer\'s transaction, as the payer\'s tokens': () => refused(pay({ payerToken: foreign.payerToken }), 'AccountOwnedByWrongProgram'),
      'in a deposit': () => {
        const terms = world.terms({ ...foreign });
        refused(activate(terms, { depositToken: foreign.token(world.facilitator.depositOf(terms)) }), 'MintNotAccepted');
      },
      'in a deposit, with its program': () => refused(activate(world.terms({ ...foreign }), { tokenProgram }), 'InvalidProgramId'),
      'as the tokens of a deposit': () => refused(activate(deposited, { depositToken: foreign.token(world.facilitator.depositOf(deposited)) }), 'AccountOwnedByWrongProgram'),
      'as the account that an excess goes to': () =>
        refused(activate(world.deposited({}, { amount: 101n * HYPER }), { payerToken: foreign.payerToken }), 'AccountOwnedByWrongProgram'),
      'in a reclaim': () => {
        const terms = world.terms({ ...foreign });
        refused(reclaim(terms, { depositToken: foreign.token(world.facilitator.depositOf(terms)) }), 'AccountOwnedByWrongProgram');
      },
      'in a reclaim, with its program': () => refused(reclaim(deposited, { tokenProgram }), 'InvalidProgramId'),
      'as the account that a reclaim goes to': () => late(() => refused(reclaim(deposited, { payerToken: foreign.payerToken }), 'AccountOwnedByWrongProgram')),
      'in a settlement': () => refused(settle({ mint: foreign.mint }), 'ConstraintAddress'),
      'as the node\'s tokens': () => refused(settle({ nodeToken: foreign.nodeToken }), 'AccountOwnedByWrongProgram'),
      'as a fee vault': () => refused(settle({ protocolVault: foreign.protocolVault }), 'ConstraintAddress'),
      'as the account of a refund': () => refused(world.send(world.attestedFailure(assigned, world.failure(assigned), { payerToken: foreign.payerToken }), [relayer]), 'AccountOwnedByWrongProgram'),
      'as the mint of a refund': () => refused(world.send(world.attestedFailure(assigned, world.failure(assigned), { mint: foreign.mint }), [relayer]), 'ConstraintAddress'),
      'in the Node Registry': () => {
        const registry = new RegistryWorld({ initialize: false });
        const mint = registry.createMint2022(registry.upgradeAuthority, extension);
        refused(registry.send([registry.registry.initialize(registry.configuration(), { mint })], [registry.upgradeAuthority]), 'AccountOwnedByWrongProgram');
      },
      'in the payment splitter': () => {
        const splitter = new SplitterWorld({ initialize: false });
        const mint = splitter.createMint2022(splitter.upgradeAuthority, extension);
        refused(splitter.send([splitter.splitter.initialize(splitter.upgradeAuthority.publicKey, RULES, { mint })], [splitter.upgradeAuthority]), 'AccountOwnedByWrongProgram');
      },
    });
  });
}
