// An x402 client's plain transfer: it becomes the payment that its address commits to, or goes back to that payment's payer.
const test = require('node:test');
const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { Keypair, SystemProgram } = require('@solana/web3.js');
const { Account } = require('litesvm/dist/internal.js');
const spl = require('@solana/spl-token');
const { World, HYPER, REFUND_GRACE, difference } = require('./lib/world.cjs');
const { decodeEvents } = require('./lib/facilitator.cjs');
const { refused } = require('./lib/assertions.cjs');

const DAY = 86_400;
const WEEK = 7 * DAY;
const world = new World();
const { relayer, payer, stranger, usdc } = world;
world.must([spl.createMintToInstruction(world.mint, world.payerToken, world.upgradeAuthority.publicKey, 100_000n * HYPER)], [world.upgradeAuthority]);
const each = async (t, cases) => { for (const [name, run] of Object.entries(cases)) await t.test(name, run); };

const activate = (terms, accounts = {}, by = relayer) => world.send([world.facilitator.activateIntent(terms, accounts)], [by]);
const reclaim = (terms, accounts = {}) => world.send([world.facilitator.reclaimDeposit(terms, accounts)], [stranger]);
const tokenOf = (terms) => world.facilitator.depositTokenOf(terms);
const setPaused = (paused) => world.must([world.facilitator.setPaused(world.upgradeAuthority.publicKey, paused)], [world.upgradeAuthority]);
/** A token account that is no ATA. */
function tokenAccount(mint, owner) {
  const keys = Keypair.generate();
  world.must([
    SystemProgram.createAccount({ fromPubkey: relayer.publicKey, newAccountPubkey: keys.publicKey, lamports: world.rent(165), space: 165, programId: spl.TOKEN_PROGRAM_ID }),
    spl.createInitializeAccount3Instruction(keys.publicKey, mint, owner),
  ], [relayer, keys]);
  return keys.publicKey;
}
const give = (to, amount, { from = stranger, source = world.strangerToken } = {}) =>
  world.must([spl.createTransferInstruction(source, to, from.publicKey, amount)], [from]);
/** Runs `run` at a time of its own. */
function at(seconds, run) {
  const now = world.now;
  world.setNow(seconds);
  try { return run(); } finally { world.setNow(now); }
}
/** A deposit with so much excess, whose payer then handed his ATA to somebody else, as SPL lets him. */
function gaveHisAccountAway(excess) {
  const leaver = Keypair.generate();
  world.fund(leaver);
  const terms = world.terms({ payer: leaver.publicKey });
  world.tokenAccountWith(leaver.publicKey, terms.amount + excess);
  world.deposit(terms, { from: leaver, amount: terms.amount + excess });
  world.must([spl.createSetAuthorityInstruction(terms.payerToken, leaver.publicKey, spl.AuthorityType.AccountOwner, stranger.publicKey)], [leaver]);
  return { terms, leaver };
}

test('a deposit becomes the payment that its address commits to', () => {
  const terms = world.deposited();
  const before = world.balances(terms);
  const [rent, purse] = [world.lamports(tokenOf(terms)), world.lamports(relayer.publicKey)];
  const result = activate(terms);
  assert.ok(result.ok, result.error);
  assert.deepEqual(difference(world.balances(terms), before), { payer: 0n, node: 0n, protocol: 0n, platform: 0n, escrow: terms.amount });
  assert.equal(world.account(tokenOf(terms)), null, 'the deposit is closed');
  const spent = world.lamports(world.at.payment(terms.id)) + world.lamports(world.at.escrow(terms.id)) + 5_000n;
  assert.equal(purse - world.lamports(relayer.publicKey), spent - rent, 'its rent is with the facilitator');
  const payment = world.payment(terms);
  assert.deepEqual([payment.status, payment.via, payment.amount, payment.attempt, payment.charge], ['Pending', 2, terms.amount, 0, 0n]);
  assert.deepEqual([payment.intentId, payment.jobId], [terms.id, terms.job]);
  assert.deepEqual([payment.payer, payment.rentPayer, payment.mint].map(String), [payer.publicKey, relayer.publicKey, world.mint].map(String));
  assert.deepEqual([payment.createdAt, payment.expiresAt, payment.settleBy, payment.closableAt], [world.now, terms.settleBy, terms.settleBy, terms.settleBy + 1]);
  const [event] = decodeEvents(result.logs);
  assert.deepEqual([event.name, event.amount, event.payer.toBase58(), event.via], ['PaymentAuthorized', terms.amount, payer.publicKey.toBase58(), 2]);
});

test('every amount is locked exactly, and what is beyond it goes to the payer', async (t) => {
  for (const [amount, arrived] of [[1n, 1n], [1n, 2n], [333_333n, 333_333n], [100n * HYPER - 1n, 100n * HYPER], [7n, 7n * HYPER]]) {
    await t.test(`${arrived} for ${amount}`, () => {
      const terms = world.deposited({ amount }, { amount: arrived });
      const before = world.balances(terms);
      const result = activate(terms);
      assert.ok(result.ok, result.error);
      assert.deepEqual(difference(world.balances(terms), before), { payer: arrived - amount, node: 0n, protocol: 0n, platform: 0n, escrow: amount });
      assert.equal(world.account(tokenOf(terms)), null);
    });
  }
});

test('the largest amount that a mint can have is locked', () => {
  const rich = new World();
  const max = (1n << 64n) - 1n;
  const supply = max - 4_000n * HYPER; // the world's people have the rest
  rich.must([spl.createMintToInstruction(rich.mint, rich.payerToken, rich.upgradeAuthority.publicKey, supply)], [rich.upgradeAuthority]);
  const amount = rich.tokens(rich.payerToken);
  const terms = rich.deposited({ amount });
  rich.must([rich.facilitator.activateIntent(terms)], [rich.relayer]);
  assert.equal(rich.tokens(rich.at.escrow(terms.id)), amount);
  const impossible = rich.terms({ amount: max });
  rich.deposit(impossible, { amount: 1n, from: rich.stranger });
  refused(rich.send([rich.facilitator.activateIntent(impossible)], [rich.relayer]), 'DepositTooSmall');
});

test('a deposit may arrive in two transfers, from anybody', () => {
  const terms = world.deposited({}, { amount: 60n * HYPER });
  refused(activate(terms), 'DepositTooSmall');
  world.deposit(terms, { amount: 40n * HYPER - 1n });
  refused(activate(terms), 'DepositTooSmall');
  world.deposit(terms, { amount: 1n, from: stranger });
  assert.ok(activate(terms).ok);
  assert.equal(world.payment(terms).payer.toBase58(), payer.publicKey.toBase58(), 'the payer is the one of the terms');
});

test('a deposit in the other mint becomes a payment in it, which is settled and refunded with its vaults', () => {
  const [settled, refundedLater] = [world.deposited({ ...usdc, amount: 10n * HYPER }), world.deposited({ ...usdc, amount: 10n * HYPER })];
  const before = world.balances(settled);
  for (const terms of [settled, refundedLater]) assert.ok(activate(terms).ok);
  world.must([world.facilitator.assignNode(settled, world.assigner.publicKey)], [relayer, world.assigner]);
  world.must(world.attested(settled, world.proof(settled, { charge: 1_000_001n })), [stranger]);
  assert.deepEqual(difference(world.balances(settled), before), { payer: 8_999_999n, node: 850_001n, protocol: 100_000n, platform: 50_000n, escrow: 0n });
  world.must([world.facilitator.cancel(refundedLater, payer.publicKey)], [stranger, payer]);
  assert.equal(world.tokens(usdc.payerToken) - before.payer, 8_999_999n + 10n * HYPER);
});

test('lamports sent to the addresses beforehand block nothing', () => {
  const terms = world.deposited();
  const dust = (address) => SystemProgram.transfer({ fromPubkey: stranger.publicKey, toPubkey: address, lamports: 900_000 });
  world.must([dust(world.at.payment(terms.id)), dust(world.at.escrow(terms.id)), dust(world.facilitator.depositOf(terms))], [stranger]);
  assert.ok(activate(terms).ok);
  assert.equal(world.tokens(world.at.escrow(terms.id)), terms.amount);
});

test('nothing is asked of the payer\'s token account when nothing goes back', () => {
  const { terms } = gaveHisAccountAway(0n);
  assert.ok(activate(terms).ok);
});

test('a payer who gave his account away gets the excess in another of his', () => {
  const { terms, leaver } = gaveHisAccountAway(5n);
  refused(activate(terms), 'PayerMismatch');
  const own = tokenAccount(world.mint, leaver.publicKey);
  assert.ok(activate(terms, { payerToken: own }).ok);
  assert.equal(world.tokens(own), 5n);
});

test('an activation is refused', async (t) => {
  const terms = world.deposited({}, { amount: 101n * HYPER });
  const other = world.deposited();
  const changed = (changes) => activate({ ...terms, ...changes }, { deposit: world.facilitator.depositOf(terms), depositToken: tokenOf(terms) });
  const unfunded = world.terms({ settleBy: world.now + 2 * DAY });
  world.deposit(unfunded, { amount: 0n });
  await each(t, {
    'by a stranger, who would squat the id': () => refused(activate(terms, { relayer: stranger.publicKey }, stranger), 'UnauthorizedFacilitator'),
    'by the payer': () => refused(activate(terms, { relayer: payer.publicKey }, payer), 'UnauthorizedFacilitator'),
    'when the facilitator did not sign': () => refused(activate(terms, { unsigned: true }, stranger), 'AccountNotSigner'),
    'while intake is paused': () => {
      setPaused(true);
      refused(activate(terms), 'IntakePaused');
      setPaused(false);
    },
    'for nothing': () => refused(activate(world.deposited({ amount: 0n }, { amount: 5n })), 'ZeroAmount'),
    'of an empty deposit': () => refused(activate(unfunded), 'DepositTooSmall'),
    'of one base unit less than the amount': () => refused(activate(world.deposited({}, { amount: 100n * HYPER - 1n })), 'DepositTooSmall'),
    'of one base unit less than one': () => {
      const one = world.terms({ amount: 1n });
      world.deposit(one, { amount: 0n });
      refused(activate(one), 'DepositTooSmall');
    },
    'with another amount': () => refused(changed({ amount: 100n * HYPER - 1n }), 'ConstraintSeeds'),
    'with another job': () => refused(changed({ job: randomBytes(16) }), 'ConstraintSeeds'),
    'with another intent': () => refused(changed({ id: randomBytes(16) }), 'ConstraintSeeds'),
    'with another settle_by': () => refused(changed({ settleBy: terms.settleBy + 1 }), 'ConstraintSeeds'),
    'with a stranger as payer': () => refused(changed({ payer: stranger.publicKey }), 'ConstraintSeeds'),
    'with another accepted mint': () => refused(changed({ mint: usdc.mint }), 'ConstraintSeeds'),
    'with another deposit\'s address': () => refused(activate(terms, { deposit: world.facilitator.depositOf(other) }), 'ConstraintSeeds'),
    'with another deposit\'s tokens': () => refused(activate(terms, { depositToken: tokenOf(other) }), 'ConstraintTokenOwner'),
    'with the payer\'s own tokens': () => refused(activate(terms, { depositToken: world.payerToken }), 'ConstraintTokenOwner'),
    'with another payment\'s escrow as deposit': () =>
      refused(activate(terms, { depositToken: world.at.escrow(world.locked({ amount: 1n }).id) }), 'ConstraintTokenOwner'),
    'with tokens of the other mint': () =>
      refused(activate(terms, { depositToken: world.deposit(terms, { mint: usdc.mint, amount: 100n * HYPER }) }), 'ConstraintTokenMint'),
    'when there is no token account': () => refused(activate(world.terms()), 'AccountOwnedByWrongProgram'),
    'with no token account at all': () => refused(activate(terms, { depositToken: stranger.publicKey }), 'AccountOwnedByWrongProgram'),
    'with the excess to a stranger': () => refused(activate(terms, { payerToken: world.strangerToken }), 'PayerMismatch'),
    'with the excess to the facilitator': () =>
      refused(activate(terms, { payerToken: world.createTokenAccount(world.mint, relayer.publicKey, relayer) }), 'PayerMismatch'),
    'with the excess to the payer\'s account of another mint': () => refused(activate(terms, { payerToken: usdc.payerToken }), 'PayerMismatch'),
    'with the excess back to the deposit': () => refused(activate(terms, { payerToken: tokenOf(terms) }), 'PayerMismatch'),
    'in a mint that Config does not accept': () => {
      const foreign = world.currency(100n * HYPER);
      refused(activate(world.deposited({ ...foreign })), 'MintNotAccepted');
    },
    'with the program\'s own address as mint': () => refused(activate(terms, { mint: world.program }), 'MintNotAccepted'),
    'with the empty place of Config as mint': () => refused(activate(terms, { mint: SystemProgram.programId }), 'MintNotAccepted'),
    'with another program\'s account as Config': () => refused(activate(terms, { config: world.payerToken }), 'AccountOwnedByWrongProgram'),
    'with a payment as Config': () => refused(activate(terms, { config: world.at.payment(world.locked({ amount: 1n }).id) }), 'AccountDidNotDeserialize'),
    'with another address as payment': () => refused(activate(terms, { payment: world.at.payment(randomBytes(16)) }), 'ConstraintSeeds'),
    'with another address as escrow': () => refused(activate(terms, { escrow: world.at.escrow(randomBytes(16)) }), 'ConstraintSeeds'),
    'with another token program': () => refused(activate(terms, { tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'),
    'with another system program': () => refused(activate(terms, { systemProgram: spl.TOKEN_PROGRAM_ID }), 'InvalidProgramId'),
    'with bytes after its arguments': () => {
      const instruction = world.facilitator.activateIntent(terms);
      instruction.data = Buffer.concat([instruction.data, Buffer.alloc(1)]);
      refused(world.send([instruction], [relayer]), 'InstructionDidNotDeserialize');
    },
    'at settle_by': () => at(terms.settleBy, () => refused(activate(terms), 'PaymentExpired')),
    'a second before the week that ends at settle_by': () => {
      const early = world.deposited({ settleBy: world.now + WEEK + 1 });
      refused(activate(early), 'TimestampOutOfRange');
      at(world.now + 1, () => assert.ok(activate(early).ok));
    },
    'one second before settle_by it is accepted, and a second time it is not': () => at(terms.settleBy - 1, () => {
      assert.ok(activate(terms).ok);
      world.deposit(terms);
      refused(activate(terms), 'InvalidPaymentStatus');
    }),
    'of an id that a signed intent has used': () => {
      const used = world.locked();
      refused(activate(world.deposited({ id: used.id })), 'InvalidPaymentStatus');
    },
    'of an id that was refunded': () => {
      const back = world.locked();
      world.must([world.facilitator.cancel(back, payer.publicKey)], [stranger, payer]);
      refused(activate(world.deposited({ id: back.id })), 'InvalidPaymentStatus');
    },
    'through an account that another may close': () => {
      // Whoever gives the address such an account harms nobody but himself: the program names the account, not the client.
      const trap = world.deposited();
      const hostile = Keypair.generate();
      world.must([
        SystemProgram.createAccount({ fromPubkey: stranger.publicKey, newAccountPubkey: hostile.publicKey, lamports: world.rent(165), space: 165, programId: spl.TOKEN_PROGRAM_ID }),
        spl.createInitializeAccount3Instruction(hostile.publicKey, world.mint, stranger.publicKey),
        spl.createSetAuthorityInstruction(hostile.publicKey, stranger.publicKey, spl.AuthorityType.CloseAccount, stranger.publicKey),
        spl.createTransferInstruction(world.strangerToken, hostile.publicKey, stranger.publicKey, trap.amount),
        spl.createSetAuthorityInstruction(hostile.publicKey, stranger.publicKey, spl.AuthorityType.AccountOwner, world.facilitator.depositOf(trap)),
      ], [stranger, hostile]);
      refused(activate(trap, { depositToken: hostile.publicKey }), /Custom\(4\)/); // the token program's OwnerMismatch
      assert.ok(activate(trap).ok);
    },
  });
});

test('what was activated and closed can\'t be activated again', async (t) => {
  const terms = world.deposited();
  assert.ok(activate(terms).ok);
  world.must([world.facilitator.cancel(terms, payer.publicKey)], [stranger, payer]);
  const due = world.payment(terms).closableAt;
  assert.equal(due, terms.settleBy + 1);
  const close = () => world.send([world.facilitator.closeIntent(terms)], [stranger]);
  await t.test('the tombstone stays while the terms could lock', () => at(terms.settleBy, () => refused(close(), 'NotYetClosable')));
  await t.test('and then they can lock no more', () => at(due, () => {
    assert.ok(close().ok);
    world.deposit(terms);
    refused(activate(terms), 'PaymentExpired');
    const before = world.tokens(terms.payerToken);
    assert.ok(reclaim(terms).ok);
    assert.equal(world.tokens(terms.payerToken) - before, terms.amount);
  }));
});

/** All of it is back with the payer, the account closed, its rent with the facilitator, the event right. */
function assertReclaimed(terms, { accounts = {}, token = tokenOf(terms), mint = terms.mint ?? world.mint, to = terms.payerToken } = {}) {
  const [held, before, rent, purse] = [world.tokens(token), world.tokens(to), world.lamports(token), world.lamports(relayer.publicKey)];
  const result = reclaim(terms, { depositToken: token, payerToken: to, ...accounts });
  assert.ok(result.ok, result.error);
  assert.equal(world.tokens(to) - before, held);
  assert.equal(world.account(token), null);
  assert.equal(world.lamports(relayer.publicKey) - purse, rent);
  const [event] = decodeEvents(result.logs);
  assert.deepEqual([event.name, event.intentId, event.payer.toBase58(), event.mint.toBase58(), event.amount],
    ['DepositReclaimed', terms.id, terms.payer.toBase58(), mint.toBase58(), held]);
}

test('what can\'t become a payment goes back to the payer, by anyone', async (t) => {
  await each(t, {
    'when it came too late': () => {
      const terms = world.deposited();
      at(terms.settleBy, () => assertReclaimed(terms));
    },
    'when it is too small, and the time is over': () => {
      const terms = world.deposited({}, { amount: 1n });
      at(terms.settleBy, () => assertReclaimed(terms));
    },
    'when settle_by is more than a week ahead': () => assertReclaimed(world.deposited({ settleBy: world.now + WEEK + 1 })),
    'when settle_by is at the end of time': () => assertReclaimed(world.deposited({ settleBy: (1n << 63n) - 1n })),
    'when settle_by was before all time': () => assertReclaimed(world.deposited({ settleBy: -(1n << 63n) })),
    'when the terms are for nothing': () => assertReclaimed(world.deposited({ amount: 0n }, { amount: 9n })),
    'a second deposit, and dust that came later': () => {
      const terms = world.deposited();
      assert.ok(activate(terms).ok);
      world.deposit(terms, { amount: 3n });
      assertReclaimed(terms);
      world.deposit(terms);
      assertReclaimed(terms);
    },
    'when its id was used by another payment': () => {
      const used = world.locked();
      assertReclaimed(world.deposited({ id: used.id }));
    },
    'when it is settled already': () => {
      const terms = world.deposited();
      assert.ok(activate(terms).ok);
      world.must([world.facilitator.assignNode(terms, world.assigner.publicKey)], [relayer, world.assigner]);
      world.must(world.attested(terms), [relayer]);
      world.deposit(terms);
      assertReclaimed(terms);
    },
    'tokens of another accepted mint at the address': () => {
      const terms = world.terms();
      const token = world.deposit(terms, { mint: usdc.mint, amount: 4n });
      assertReclaimed(terms, { token, mint: usdc.mint, to: usdc.payerToken });
    },
    'tokens of a mint with other decimals at the address': () => {
      const keys = Keypair.generate();
      world.createMint(keys, world.upgradeAuthority, 9);
      const terms = world.terms();
      const [token, to] = [world.facilitator.depositOf(terms), payer.publicKey].map((owner) => world.createTokenAccount(keys.publicKey, owner, relayer));
      world.must([spl.createMintToInstruction(keys.publicKey, token, world.upgradeAuthority.publicKey, 77n)], [world.upgradeAuthority]);
      assertReclaimed(terms, { token, mint: keys.publicKey, to });
    },
    'wrapped SOL at the address': () => {
      const native = Buffer.alloc(82);
      [native[44], native[45]] = [9, 1]; // its decimals, and that it is initialized; every cluster has it
      world.svm.setAccount(spl.NATIVE_MINT.toBytes(), new Account(1_000_000_000n, native, spl.TOKEN_PROGRAM_ID.toBytes(), false, 0n));
      const terms = world.terms();
      const [token, to] = [world.facilitator.depositOf(terms), payer.publicKey].map((owner) => world.createTokenAccount(spl.NATIVE_MINT, owner, relayer));
      world.must([SystemProgram.transfer({ fromPubkey: stranger.publicKey, toPubkey: token, lamports: 1_000 }), spl.createSyncNativeInstruction(token)], [stranger]);
      const result = reclaim(terms, { depositToken: token, payerToken: to });
      assert.ok(result.ok, result.error);
      assert.deepEqual([world.account(token), world.tokens(to)], [null, 1_000n]);
    },
    'a deposit whose terms are in a mint that is not accepted': () => {
      const foreign = world.currency(100n * HYPER);
      assertReclaimed(world.deposited({ ...foreign }), { mint: foreign.mint });
    },
    'into any token account of the payer': () => {
      const terms = world.deposited();
      at(terms.settleBy, () => assertReclaimed(terms, { to: tokenAccount(world.mint, payer.publicKey) }));
    },
    'from a token account that is not the ATA': () => {
      const terms = world.terms();
      const token = tokenAccount(world.mint, world.facilitator.depositOf(terms));
      give(token, 12n);
      at(terms.settleBy, () => assertReclaimed(terms, { token }));
    },
    'an empty one, for its rent, whatever the payer has': () => {
      const terms = world.terms({ payer: Keypair.generate().publicKey });
      world.deposit(terms, { amount: 0n });
      at(terms.settleBy, () => assert.ok(reclaim(terms).ok));
      assert.equal(world.account(tokenOf(terms)), null);
    },
    'while intake is paused': () => {
      const terms = world.deposited();
      setPaused(true);
      at(terms.settleBy, () => assertReclaimed(terms));
      setPaused(false);
    },
  });
});

test('a reclaim is refused', async (t) => {
  const terms = world.deposited();
  const other = world.deposited();
  const late = (accounts = {}, changes = {}) => at(terms.settleBy, () => reclaim({ ...terms, ...changes }, accounts));
  const own = { deposit: world.facilitator.depositOf(terms), depositToken: tokenOf(terms) };
  await each(t, {
    'at once': () => refused(reclaim(terms), 'NotYetReclaimable'),
    'one second before settle_by': () => at(terms.settleBy - 1, () => refused(reclaim(terms), 'NotYetReclaimable')),
    'exactly a week before settle_by': () => refused(reclaim(world.deposited({ settleBy: world.now + WEEK })), 'NotYetReclaimable'),
    'of a part that may grow': () => refused(reclaim(world.deposited({}, { amount: 1n })), 'NotYetReclaimable'),
    'of an empty account that a client is told to pay into': () => {
      const waiting = world.terms();
      world.deposit(waiting, { amount: 0n });
      refused(reclaim(waiting), 'NotYetReclaimable');
    },
    'of what waits for the end of a pause': () => {
      setPaused(true);
      refused(reclaim(terms), 'NotYetReclaimable');
      setPaused(false);
    },
    'early, with another payment\'s tombstone': () => refused(reclaim(terms, { payment: world.at.payment(world.locked({ amount: 1n }).id) }), 'ConstraintSeeds'),
    'early, with the Config as payment': () => refused(reclaim(terms, { payment: world.at.config }), 'ConstraintSeeds'),
    'early, with a Config of one\'s own': () => refused(reclaim(terms, { config: world.strangerToken }), 'AccountOwnedByWrongProgram'),
    'early, by other terms': () => refused(reclaim({ ...terms, settleBy: world.now }, own), 'ConstraintSeeds'),
    'to a stranger': () => refused(late({ payerToken: world.strangerToken }), 'PayerMismatch'),
    'to the facilitator': () => refused(late({ payerToken: world.createTokenAccount(world.mint, relayer.publicKey, relayer) }), 'PayerMismatch'),
    'to the payer\'s account of another mint': () => refused(late({ payerToken: usdc.payerToken }), 'PayerMismatch'),
    'to the deposit itself': () => refused(late({ payerToken: tokenOf(terms) }), 'PayerMismatch'),
    'to what is no token account': () => refused(late({ payerToken: payer.publicKey }), 'AccountOwnedByWrongProgram'),
    'with a stranger as payer': () => refused(late({ ...own, payer: stranger.publicKey, payerToken: world.strangerToken }), 'ConstraintSeeds'),
    'with another mint in the terms': () => refused(late({ ...own, mint: usdc.mint }), 'ConstraintSeeds'),
    'with another amount in the terms': () => refused(late(own, { amount: 1n }), 'ConstraintSeeds'),
    'with another job in the terms': () => refused(late(own, { job: randomBytes(16) }), 'ConstraintSeeds'),
    'with another intent in the terms': () => refused(late(own, { id: randomBytes(16) }), 'ConstraintSeeds'),
    'of another deposit\'s tokens': () => refused(late({ depositToken: tokenOf(other) }), 'ConstraintTokenOwner'),
    'of the stranger\'s tokens': () => refused(late({ depositToken: world.strangerToken }), 'ConstraintTokenOwner'),
    'of a payment\'s escrow': () => refused(late({ depositToken: world.at.escrow(world.locked({ amount: 1n }).id) }), 'ConstraintTokenOwner'),
    'of a fee vault': () => refused(late({ depositToken: world.protocolVault }), 'ConstraintTokenOwner'),
    'with the rent to the caller': () => refused(late({ facilitator: stranger.publicKey }), 'ConstraintAddress'),
    'with the rent to the payer': () => refused(late({ facilitator: payer.publicKey }), 'ConstraintAddress'),
    'with another token program': () => refused(late({ tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'),
    'with bytes after its arguments': () => {
      const instruction = world.facilitator.reclaimDeposit(terms);
      instruction.data = Buffer.concat([instruction.data, Buffer.alloc(1)]);
      refused(world.send([instruction], [stranger]), 'InstructionDidNotDeserialize');
    },
    'twice': () => at(terms.settleBy, () => {
      assert.ok(reclaim(terms).ok);
      refused(reclaim(terms), 'AccountOwnedByWrongProgram');
    }),
    'and then the activation': () => refused(activate(terms), 'AccountOwnedByWrongProgram'),
  });
});

test('a reclaim and an activation can\'t both have it', () => {
  const terms = world.deposited();
  const both = [world.facilitator.activateIntent(terms), world.facilitator.reclaimDeposit(terms)];
  refused(world.send(both, [relayer]), 'AccountOwnedByWrongProgram');
  assert.equal(world.tokens(tokenOf(terms)), terms.amount, 'the transaction did nothing');
  at(terms.settleBy, () => refused(world.send(both.toReversed(), [relayer]), 'PaymentExpired'));
});

test('a payment from a deposit is refunded by anyone when its time is over, as every other', () => {
  const terms = world.deposited();
  assert.ok(activate(terms).ok);
  const before = world.tokens(terms.payerToken);
  at(terms.settleBy + REFUND_GRACE - 1, () => refused(world.send([world.facilitator.refundExpired(terms)], [stranger]), 'NotYetRefundable'));
  at(terms.settleBy + REFUND_GRACE, () => world.must([world.facilitator.refundExpired(terms)], [stranger]));
  assert.equal(world.tokens(terms.payerToken) - before, terms.amount);
});

test('a job by deposit costs the facilitator the fees and nothing else', () => {
  const before = world.lamports(relayer.publicKey);
  const terms = world.terms();
  world.must([spl.createAssociatedTokenAccountIdempotentInstruction(relayer.publicKey, tokenOf(terms), world.facilitator.depositOf(terms), world.mint)], [relayer]);
  give(tokenOf(terms), terms.amount, { from: payer, source: world.payerToken });
  assert.ok(activate(terms).ok);
  world.must([world.facilitator.assignNode(terms, world.assigner.publicKey)], [relayer, world.assigner]);
  world.must(world.attested(terms), [relayer]);
  at(world.payment(terms).closableAt, () => world.must([world.facilitator.closeIntent(terms)], [stranger]));
  const fees = 5_000n * (1n + 1n + 2n + 4n); // 5,000 a signature, the precompile's counted
  assert.equal(before - world.lamports(relayer.publicKey), fees);
});
