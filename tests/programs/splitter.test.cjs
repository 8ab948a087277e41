// The payment splitter: who may configure it, where fees go to the last unit, and everything that it refuses.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const spl = require('@solana/spl-token');
const { Keypair, PublicKey, SystemProgram, TransactionInstruction } = require('@solana/web3.js');
const { FEE, RULES, DAY, HYPER, SplitterWorld, sharesOf, decodeEvents } = require('./lib/splitter.cjs');
const { PROGRAMS, difference } = require('./lib/world.cjs');
const { programDataAddress } = require('./lib/anchor.cjs');
const { refused } = require('./lib/assertions.cjs');

const U64_MAX = (1n << 64n) - 1n;
const each = async (t, cases) => { for (const [name, run] of Object.entries(cases)) await t.test(name, run); };
/** A mint that looks right and belongs to Token-2022. */
function token2022(world) {
  const mint = Keypair.generate();
  world.must([
    SystemProgram.createAccount({ fromPubkey: world.stranger.publicKey, newAccountPubkey: mint.publicKey, lamports: world.rent(82), space: 82, programId: spl.TOKEN_2022_PROGRAM_ID }),
    spl.createInitializeMint2Instruction(mint.publicKey, 6, world.stranger.publicKey, null, spl.TOKEN_2022_PROGRAM_ID),
  ], [world.stranger, mint]);
  return mint.publicKey;
}

test('initialize is refused', async (t) => {
  const world = new SplitterWorld({ initialize: false });
  const initialize = (changes = {}, accounts = {}, by = world.upgradeAuthority) =>
    world.send([world.splitter.initialize(by.publicKey, { ...RULES, ...changes }, accounts)], [by]);
  const other = world.newMint();
  await each(t, {
    'by a stranger': () => refused(initialize({}, {}, world.stranger), 'UnauthorizedUpgradeAuthority'),
    'by a stranger with another program\'s data': () =>
      refused(initialize({}, { programData: programDataAddress(Keypair.generate().publicKey) }, world.stranger), 'ConstraintSeeds'),
    'by a stranger with an account of his own as program data': () =>
      refused(initialize({}, { programData: world.newTokenAccount() }, world.stranger), 'ConstraintSeeds'),
    'when the upgrade authority did not sign': () => refused(world.send(
      [world.splitter.initialize(world.upgradeAuthority.publicKey, RULES, { unsigned: true })], [world.stranger]), 'AccountNotSigner'),
    'with points that sum to one less': () => refused(initialize({ protocol: { treasury: 9_999 } }), 'SplitNotWhole'),
    'with points that sum to one more': () => refused(initialize({ platform: { treasury: 10_000, burn: 1 } }), 'SplitNotWhole'),
    'with points that are whole in 16 bits only': () =>
      refused(initialize({ platform: { treasury: 65_535, development: 10_000, stakingPool: 1 } }), 'SplitNotWhole'),
    'without shards': () => refused(initialize({ shards: 0 }), 'ShardsOutOfRange'),
    'with 257 shards': () => refused(initialize({ shards: 257 }), 'ShardsOutOfRange'),
    'with a delay of a second less than an hour': () => refused(initialize({ changeDelay: 3_599 }), 'DelayOutOfRange'),
    'with a delay of a second more than 30 days': () => refused(initialize({ changeDelay: 30 * DAY + 1 }), 'DelayOutOfRange'),
    'with a negative delay': () => refused(initialize({ changeDelay: -1 }), 'DelayOutOfRange'),
    'with a treasury that is no token account': () => refused(initialize({}, { treasury: world.owner.publicKey }), 'AccountOwnedByWrongProgram'),
    'with a treasury that is a mint': () => refused(initialize({}, { treasury: other }), 'AccountDiscriminatorMismatch'),
    'with a development account of another mint': () => refused(initialize({}, { development: world.newTokenAccount(other) }), 'ConstraintTokenMint'),
    'with a staking pool that the splitter itself owns': () =>
      refused(initialize({}, { stakingPool: world.newTokenAccount(world.mint, world.at.config) }), 'ConstraintTokenOwner'),
    'with a mint of nine decimals': () => refused(initialize({}, { mint: world.newMint(9) }), 'ConstraintTokenMint'),
    'with a mint of Token-2022': () => refused(initialize({}, { mint: token2022(world) }), 'AccountOwnedByWrongProgram'),
    'with an account that is no mint': () => refused(initialize({}, { mint: world.destinations.treasury }), 'AccountDiscriminatorMismatch'),
    'at another address': () => refused(initialize({}, { config: Keypair.generate().publicKey }), 'ConstraintSeeds'),
    'with another system program': () => refused(initialize({}, { systemProgram: spl.TOKEN_PROGRAM_ID }), 'InvalidProgramId'),
    'with arguments too long': () => {
      const instruction = world.splitter.initialize(world.upgradeAuthority.publicKey, RULES);
      instruction.data = Buffer.concat([instruction.data, Buffer.from([0])]);
      refused(world.send([instruction], [world.upgradeAuthority]), 'InstructionDidNotDeserialize');
    },
    'twice': () => {
      assert.ok(initialize().ok);
      refused(initialize(), /#0/);
    },
  });
});

test('the upgrade authority configures it', () => {
  const world = new SplitterWorld();
  const config = world.config();
  assert.deepEqual([config.changeDelay, config.rules.shards, config.dueAt], [DAY, 3, 0]);
  assert.deepEqual(config.rules.protocol, RULES.protocol);
  assert.deepEqual(config.rules.platform, { treasury: 0, development: 10_000, stakingPool: 0, burn: 0 });
  for (const name of ['treasury', 'development', 'stakingPool']) assert.equal(config.rules[name].toBase58(), world.destinations[name].toBase58());
});

test('anyone opens a vault, also where a stranger has sent lamports before', () => {
  const world = new SplitterWorld();
  const vault = world.at.vault(FEE.protocol, 2);
  world.must([SystemProgram.transfer({ fromPubkey: world.stranger.publicKey, toPubkey: vault, lamports: 1_000_000 })], [world.stranger]);
  const result = world.must([world.splitter.createVault(world.owner.publicKey, FEE.protocol, 2)], [world.owner]);
  const account = spl.unpackAccount(vault, { ...world.account(vault), executable: false });
  assert.deepEqual([account.owner.toBase58(), account.mint.toBase58(), account.amount], [world.at.config.toBase58(), world.mint.toBase58(), 0n]);
  const [event] = decodeEvents(result.logs);
  assert.deepEqual([event.name, event.fee, event.shard, event.vault.toBase58()], ['VaultCreated', FEE.protocol, 2, vault.toBase58()]);
});

test('create_vault is refused', async (t) => {
  const world = new SplitterWorld();
  const create = (fee, shard, accounts = {}) => world.send([world.splitter.createVault(world.stranger.publicKey, fee, shard, accounts)], [world.stranger]);
  await each(t, {
    'beyond the configured count': () => refused(create(FEE.protocol, 3), 'ShardOutOfRange'),
    'at the greatest shard': () => refused(create(FEE.protocol, 65_535), 'ShardOutOfRange'),
    'for a fee that is not': () => refused(create(2, 1), 'UnknownFee'),
    'at another shard\'s address': () => refused(create(FEE.protocol, 1, { vault: world.at.vault(FEE.protocol, 2) }), 'ConstraintSeeds'),
    'at the other fee\'s address': () => refused(create(FEE.protocol, 1, { vault: world.at.vault(FEE.platform, 1) }), 'ConstraintSeeds'),
    'in another mint': () => refused(create(FEE.protocol, 1, { mint: world.newMint() }), 'ConstraintAddress'),
    'of Token-2022': () => refused(create(FEE.protocol, 1, { tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'),
    'with another system program': () => refused(create(FEE.protocol, 1, { systemProgram: spl.TOKEN_PROGRAM_ID }), 'InvalidProgramId'),
    'with a Config of one\'s own': () => refused(create(FEE.protocol, 1, { config: world.destinations.treasury }), 'AccountOwnedByWrongProgram'),
    'when the payer did not sign': () => refused(world.send(
      [world.splitter.createVault(world.owner.publicKey, FEE.protocol, 1, { unsigned: true })], [world.stranger]), 'AccountNotSigner'),
    'twice': () => refused(create(FEE.protocol, 0), 'VaultExists'),
  });
});

/** Distributes `amount` from vault 0 of `fee`, and holds every balance to the documented shares. */
function assertDistributed(world, fee, amount, points) {
  const vault = world.at.vault(fee, 0);
  world.pay(vault, amount);
  const before = world.balances(vault);
  const result = world.distribute(fee, 0);
  assert.ok(result.ok, result.error);
  const expected = sharesOf(points, amount);
  const moved = difference(world.balances(vault), before);
  assert.deepEqual(moved, { ...expected, vault: -amount });
  assert.equal(Object.values(moved).reduce((a, b) => a + b), 0n, 'nothing is lost or made');
  const [event] = decodeEvents(result.logs);
  const { burn, ...rest } = expected;
  assert.deepEqual(event, { name: 'Distributed', fee, shard: 0, amount, ...rest, burned: burn });
}

test('a vault is emptied to the unit, whatever it held', () => {
  const world = new SplitterWorld();
  const random = Array.from({ length: 20 }, (_, i) => BigInt(i + 1) ** 9n * 7n + 1n);
  for (const amount of [1n, 2n, 3n, 9n, 9_999n, 10_000n, 10_001n, 123_457n, 100n * HYPER + 1n, ...random]) {
    assertDistributed(world, FEE.protocol, amount, RULES.protocol);
    assertDistributed(world, FEE.platform, amount, RULES.platform);
  }
});

test('the greatest balance that a mint can have is distributed to the unit', () => {
  assertDistributed(new SplitterWorld(), FEE.protocol, U64_MAX, RULES.protocol);
  const burn = { ...RULES, protocol: { burn: 10_000 } };
  assertDistributed(new SplitterWorld({ rules: burn }), FEE.protocol, U64_MAX, burn.protocol);
});

test('each shard has its own balance', () => {
  const world = new SplitterWorld();
  world.must([world.splitter.createVault(world.stranger.publicKey, FEE.protocol, 1)], [world.stranger]);
  const [first, second] = [0, 1].map((shard) => world.at.vault(FEE.protocol, shard));
  world.pay(first, 10_000n);
  world.pay(second, 7n);
  assert.ok(world.distribute(FEE.protocol, 1).ok);
  assert.deepEqual([world.tokens(first), world.tokens(second)], [10_000n, 0n]);
});

test('distribute is refused', async (t) => {
  const world = new SplitterWorld();
  const vault = world.at.vault(FEE.protocol, 0);
  const foreign = world.newMint();
  world.pay(vault, 1_000n);
  const mine = world.newTokenAccount(world.mint, world.stranger.publicKey);
  const distribute = (accounts, fee = FEE.protocol, shard = 0) => world.distribute(fee, shard, accounts);
  const unwritable = (index) => {
    const instruction = world.splitter.distribute(FEE.protocol, 0);
    instruction.keys[index] = { ...instruction.keys[index], isWritable: false };
    return world.send([instruction], [world.stranger]);
  };
  const withData = (data) => {
    const instruction = world.splitter.distribute(FEE.protocol, 0);
    instruction.data = data(instruction.data);
    return world.send([instruction], [world.stranger]);
  };
  await each(t, {
    'to a treasury of the caller\'s': () => refused(distribute({ treasury: mine }), 'ConstraintAddress'),
    'to a development account of the caller\'s': () => refused(distribute({ development: mine }), 'ConstraintAddress'),
    'to a staking pool of the caller\'s': () => refused(distribute({ stakingPool: mine }), 'ConstraintAddress'),
    'with treasury and development exchanged': () =>
      refused(distribute({ treasury: world.destinations.development, development: world.destinations.treasury }), 'ConstraintAddress'),
    'back into the vault': () => refused(distribute({ treasury: vault }), 'ConstraintAddress'),
    'of another mint': () => refused(distribute({ mint: foreign }), 'ConstraintAddress'),
    'from the other fee\'s vault': () => refused(distribute({ vault: world.at.vault(FEE.platform, 0) }), 'ConstraintSeeds'),
    'from another shard\'s vault': () => refused(distribute({ vault }, FEE.protocol, 1), 'ConstraintSeeds'),
    'from a token account that is no vault': () => refused(distribute({ vault: mine }), 'ConstraintSeeds'),
    'from the splitter\'s own ATA': () => refused(distribute({ vault: world.newTokenAccount(world.mint, world.at.config) }), 'ConstraintSeeds'),
    'from a vault that was never opened': () => refused(distribute({}, FEE.protocol, 2), 'AccountOwnedByWrongProgram'),
    'of a fee that is not': () => refused(distribute({ vault }, 2), 'UnknownFee'),
    'by Token-2022': () => refused(distribute({ tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'),
    'with a Config of one\'s own': () => refused(distribute({ config: mine }), 'AccountOwnedByWrongProgram'),
    'with a mint that may not be written': () => refused(unwritable(1), 'ConstraintMut'),
    'with a vault that may not be written': () => refused(unwritable(2), 'ConstraintMut'),
    'with a treasury that may not be written': () => refused(unwritable(3), 'ConstraintMut'),
    'with a development account that may not be written': () => refused(unwritable(4), 'ConstraintMut'),
    'with a staking pool that may not be written': () => refused(unwritable(5), 'ConstraintMut'),
    'with an account missing': () => {
      const instruction = world.splitter.distribute(FEE.protocol, 0);
      instruction.keys.pop();
      refused(world.send([instruction], [world.stranger]), 'AccountNotEnoughKeys');
    },
    'with arguments too short': () => refused(withData((data) => data.subarray(0, -1)), 'InstructionDidNotDeserialize'),
    'with arguments too long': () => refused(withData((data) => Buffer.concat([data, Buffer.from([0])])), 'InstructionDidNotDeserialize'),
    'with a name that is not': () => refused(withData((data) => Buffer.concat([Buffer.alloc(8), data.subarray(8)])), 'InstructionFallbackNotFound'),
    'without a name': () => refused(withData(() => Buffer.alloc(7)), 'InstructionFallbackNotFound'),
    'when a program calls': () => {
      const proxy = Keypair.generate().publicKey;
      world.svm.addProgram(proxy.toBytes(), fs.readFileSync(path.join(PROGRAMS, 'proxy.so')));
      const { keys, data } = world.splitter.distribute(FEE.protocol, 0);
      const target = { pubkey: world.program, isSigner: false, isWritable: false };
      refused(world.send([new TransactionInstruction({ programId: proxy, data, keys: [target, ...keys] })], [world.stranger]), 'CalledByProgram');
    },
    'of an empty vault': () => refused(distribute({}, FEE.platform), 'NothingToDistribute'),
    'twice': () => {
      assert.ok(distribute({}).ok);
      refused(distribute({}), 'NothingToDistribute');
    },
    'twice in a transaction, which then moves nothing': () => {
      world.pay(vault, 5n);
      const instruction = world.splitter.distribute(FEE.protocol, 0);
      refused(world.send([instruction, instruction], [world.stranger]), 'NothingToDistribute');
      assert.equal(world.tokens(vault), 5n);
    },
    'to a treasury that was closed, until the rules name another': () => {
      const rules = { ...RULES, protocol: { burn: 10_000 }, platform: { burn: 10_000 } };
      const other = new SplitterWorld({ rules });
      other.pay(other.at.vault(FEE.protocol, 0), 5n);
      assert.ok(other.distribute(FEE.protocol, 0).ok, 'a destination without points need not take anything');
    },
  });
});

test('a change takes effect when its delay is over, and not a second before', () => {
  const world = new SplitterWorld();
  const by = world.upgradeAuthority;
  const treasury = world.newTokenAccount();
  const rules = { protocol: { treasury: 1, burn: 9_999 }, platform: { stakingPool: 10_000 }, shards: 1 };
  const proposed = world.must([world.splitter.proposeChange(by.publicKey, rules, { treasury })], [by]);
  const due = world.now + DAY;
  assert.equal(world.config().dueAt, due);
  const [announced] = decodeEvents(proposed.logs);
  assert.deepEqual([announced.name, announced.dueAt, announced.rules.treasury.toBase58(), announced.rules.shards], ['ChangeProposed', due, treasury.toBase58(), 1]);
  assertDistributed(world, FEE.protocol, 10_001n, RULES.protocol); // the old rules until then

  const apply = () => world.send([world.splitter.applyChange({ treasury })], [world.stranger]);
  world.setNow(due - 1);
  refused(apply(), 'ChangeNotDue');
  world.setNow(due);
  const applied = apply();
  assert.ok(applied.ok, applied.error);
  assert.deepEqual(decodeEvents(applied.logs).map((e) => [e.name, e.dueAt]), [['ChangeApplied', due]]);
  assert.deepEqual([world.config().dueAt, world.config().rules.shards], [0, 1]);
  refused(apply(), 'NoChangeProposed');

  refused(world.distribute(FEE.protocol, 0), 'ConstraintAddress'); // the old treasury
  world.destinations.treasury = treasury;
  assertDistributed(world, FEE.protocol, 10_001n, rules.protocol);
  assertDistributed(world, FEE.platform, 7n, rules.platform);
});

test('a vault beyond a lowered count still distributes', () => {
  const world = new SplitterWorld();
  const by = world.upgradeAuthority;
  world.must([world.splitter.createVault(by.publicKey, FEE.protocol, 2)], [by]);
  world.must([world.splitter.proposeChange(by.publicKey, { ...RULES, shards: 1 })], [by]);
  world.setNow(world.now + DAY);
  world.must([world.splitter.applyChange()], [world.stranger]);
  world.pay(world.at.vault(FEE.protocol, 2), 5n);
  assert.ok(world.distribute(FEE.protocol, 2).ok);
  refused(world.send([world.splitter.createVault(by.publicKey, FEE.protocol, 1)], [by]), 'ShardOutOfRange');
});

test('a change is refused', async (t) => {
  const world = new SplitterWorld();
  const by = world.upgradeAuthority;
  const propose = (changes = {}, accounts = {}, signer = by) =>
    world.send([world.splitter.proposeChange(signer.publicKey, { ...RULES, ...changes }, accounts)], [signer]);
  const withdraw = (accounts = {}, signer = by) => world.send([world.splitter.withdrawChange(signer.publicKey, accounts)], [signer]);
  const apply = (accounts = {}) => world.send([world.splitter.applyChange(accounts)], [world.stranger]);
  const mine = world.newTokenAccount(world.mint, world.stranger.publicKey);
  const unwritable = (instruction, index) => {
    instruction.keys[index] = { ...instruction.keys[index], isWritable: false };
    return world.send([instruction], [by]);
  };
  await each(t, {
    'by a stranger': () => refused(propose({}, {}, world.stranger), 'UnauthorizedUpgradeAuthority'),
    'when the upgrade authority did not sign': () =>
      refused(world.send([world.splitter.proposeChange(by.publicKey, RULES, { unsigned: true })], [world.stranger]), 'AccountNotSigner'),
    'with another program\'s data': () => refused(propose({}, { programData: programDataAddress(Keypair.generate().publicKey) }), 'ConstraintSeeds'),
    'with points that are not the whole': () => refused(propose({ platform: { burn: 9_999 } }), 'SplitNotWhole'),
    'with no shards': () => refused(propose({ shards: 0 }), 'ShardsOutOfRange'),
    'with 257 shards': () => refused(propose({ shards: 257 }), 'ShardsOutOfRange'),
    'to a treasury of another mint': () => refused(propose({}, { treasury: world.newTokenAccount(world.newMint()) }), 'ConstraintTokenMint'),
    'to a treasury that is a vault': () => refused(propose({}, { treasury: world.at.vault(FEE.protocol, 0) }), 'ConstraintTokenOwner'),
    'to a development account that is none': () => refused(propose({}, { development: world.owner.publicKey }), 'AccountOwnedByWrongProgram'),
    'with a Config of one\'s own': () => refused(propose({}, { config: mine }), 'AccountOwnedByWrongProgram'),
    'with a Config that may not be written': () => refused(unwritable(world.splitter.proposeChange(by.publicKey, RULES), 1), 'ConstraintMut'),
    'when none was proposed: applied': () => refused(apply(), 'NoChangeProposed'),
    'when none was proposed: withdrawn': () => refused(withdraw(), 'NoChangeProposed'),
    'withdrawn by a stranger': () => {
      assert.ok(propose({}, { stakingPool: mine }).ok);
      refused(withdraw({}, world.stranger), 'UnauthorizedUpgradeAuthority');
    },
    'withdrawn without a signature': () =>
      refused(world.send([world.splitter.withdrawChange(by.publicKey, { unsigned: true })], [world.stranger]), 'AccountNotSigner'),
    'withdrawn with another program\'s data': () =>
      refused(withdraw({ programData: programDataAddress(Keypair.generate().publicKey) }), 'ConstraintSeeds'),
    'withdrawn from a Config that may not be written': () => refused(unwritable(world.splitter.withdrawChange(by.publicKey), 1), 'ConstraintMut'),
    'applied at once': () => refused(apply({ stakingPool: mine }), 'ChangeNotDue'),
    'applied when it was proposed again a second before': () => {
      world.setNow(world.now + DAY - 1);
      assert.ok(propose({}, { stakingPool: mine }).ok);
      world.setNow(world.now + 1);
      refused(apply({ stakingPool: mine }), 'ChangeNotDue');
      world.setNow(world.now + DAY - 1);
    },
    'applied with the old destinations': () => refused(apply(), 'ConstraintAddress'),
    'applied with a Config of one\'s own': () => refused(apply({ config: mine }), 'AccountOwnedByWrongProgram'),
    'applied to a destination that was closed': () => {
      world.must([spl.createCloseAccountInstruction(mine, world.stranger.publicKey, world.stranger.publicKey)], [world.stranger]);
      refused(apply({ stakingPool: mine }), 'AccountOwnedByWrongProgram');
    },
    'applied when it was withdrawn': () => {
      assert.ok(withdraw().ok);
      refused(apply({ stakingPool: mine }), 'NoChangeProposed');
    },
  });
});

test('an instruction costs no more than is published', () => {
  const world = new SplitterWorld({ initialize: false });
  const by = world.upgradeAuthority;
  const changed = { ...RULES, shards: 2 };
  const bounds = {
    initialize: [12_000, () => world.must([world.splitter.initialize(by.publicKey, RULES)], [by])],
    create_vault: [12_000, () => world.must([world.splitter.createVault(by.publicKey, FEE.protocol, 0)], [by])],
    distribute: [12_000, () => {
      world.pay(world.at.vault(FEE.protocol, 0), 1_000_003n);
      return world.distribute(FEE.protocol, 0);
    }],
    propose_change: [12_000, () => world.must([world.splitter.proposeChange(by.publicKey, changed)], [by])],
    withdraw_change: [12_000, () => world.must([world.splitter.withdrawChange(by.publicKey)], [by])],
    apply_change: [6_000, () => {
      world.must([world.splitter.proposeChange(by.publicKey, changed)], [by]);
      world.setNow(world.now + DAY);
      return world.must([world.splitter.applyChange()], [by]);
    }],
  };
  const measured = {};
  for (const [name, [bound, run]] of Object.entries(bounds)) {
    const { ok, error, units, size } = run();
    assert.ok(ok, error);
    assert.ok(units <= bound, `${name}: ${units} compute units`);
    assert.ok(size <= 1_200, `${name}: ${size} bytes`);
    measured[name] = `${units} units, ${size} bytes`;
  }
  console.log(measured);
});
