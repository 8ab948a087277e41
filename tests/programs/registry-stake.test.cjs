// Stake: in, on its way out, out; and what it buys.
const test = require('node:test');
const assert = require('node:assert/strict');
const { Keypair } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { RegistryWorld, HYPER, COOLDOWN, BALANCE } = require('./lib/registry-world.cjs');
const { refused } = require('./lib/assertions.cjs');

const world = new RegistryWorld();
const { registry } = world;
const stake = (node, amount, accounts) => world.by(node, registry.stake(node, amount, accounts));
const unstake = (node, amount, accounts) => world.by(node, registry.requestUnstake(node, amount, accounts));
const withdraw = (node, amount, accounts) => world.by(node, registry.withdraw(node, amount, accounts));
const must = (result) => { assert.ok(result.ok, result.error); return result; };

test('a stake decides the tier, to the base unit', async (t) => {
  const bounds = [[100n, 'None', 'Starter'], [1_000n, 'Starter', 'Standard'], [10_000n, 'Standard', 'Professional'], [100_000n, 'Professional', 'Enterprise']];
  for (const [hyper, below, from] of bounds) {
    await t.test(`${hyper} HYPER`, () => {
      const node = world.registered();
      must(stake(node, hyper * HYPER - 1n));
      assert.equal(world.record(node).tier, below);
      const result = must(stake(node, 1n));
      assert.deepEqual(world.events(result), [{ name: 'StakeChanged', node_id: node.id.toString('hex'), added: '1', stake_amount: String(hyper * HYPER), tier: from }]);
      assert.deepEqual([world.record(node).tier, world.balances(node).stake], [from, hyper * HYPER]);
      must(unstake(node, 1n));
      assert.equal(world.record(node).tier, below);
      must(unstake(node, hyper * HYPER - 1n));
      world.later(COOLDOWN);
      must(withdraw(node, hyper * HYPER));
    });
  }
});

test('a stake goes in, waits and comes out, to the base unit', () => {
  const node = world.active(1_000n * HYPER + 1n);
  const before = world.balances(node);
  const requested = must(unstake(node, 900n * HYPER + 1n));
  const at = world.now + COOLDOWN;
  assert.deepEqual(world.events(requested), [{
    name: 'UnstakeRequested', node_id: node.id.toString('hex'), amount: '900000001', stake_amount: '100000000', unstaking: '900000001', unstake_at: String(at), tier: 'Starter' }]);
  assert.deepEqual(world.balances(node), before, 'nothing moves yet');

  world.setNow(at - 1);
  refused(withdraw(node, 1n), 'CooldownNotOver');
  world.setNow(at);
  must(withdraw(node, 1n));
  const result = must(withdraw(node, 900n * HYPER));
  assert.deepEqual(world.events(result), [{ name: 'StakeWithdrawn', node_id: node.id.toString('hex'), amount: '900000000', unstaking: '0' }]);
  assert.deepEqual(world.balances(node), { ...before, owner: before.owner + 900n * HYPER + 1n, stake: 100n * HYPER });
  const record = world.record(node);
  assert.deepEqual([record.unstaking, record.unstake_at, record.status], ['0', '0', 'Active']);
});

test('a further request starts the cooldown of all anew', () => {
  const node = world.staked(10n);
  must(unstake(node, 4n));
  world.later(COOLDOWN);
  must(unstake(node, 1n));
  refused(withdraw(node, 4n), 'CooldownNotOver');
  world.later(COOLDOWN - 1);
  refused(withdraw(node, 5n), 'CooldownNotOver');
  world.later(1);
  must(withdraw(node, 5n));
});

test('tokens that strangers send are no stake', () => {
  const node = world.staked(5n);
  world.must([spl.createTransferInstruction(world.strangerToken, world.at.stake(node.id), world.stranger.publicKey, 3n)], [world.stranger]);
  assert.deepEqual([world.record(node).stake_amount, world.balances(node).stake], ['5', 8n]);
  refused(unstake(node, 6n), 'InsufficientStake');
});

test('staking is refused', async (t) => {
  const node = world.registered();
  const other = world.registered({ owner: world.otherOwner });
  const foreign = world.foreignToken(world.owner.publicKey);
  const cases = {
    'of nothing': () => [stake(node, 0n), 'ZeroAmount'],
    'of a base unit more than there is': () => [stake(node, world.tokens(node.token) + 1n), 'InsufficientBalance'],
    'of more than ever was': () => [stake(node, 2n ** 64n - 1n), 'InsufficientBalance'],
    'unsigned': () => [world.send([registry.stake(node, 1n, { unsigned: true })], [world.payer]), 'AccountNotSigner'],
    'by a stranger': () => [world.send([registry.stake(node, 1n, { authority: world.stranger.publicKey, token: world.strangerToken })], [world.payer, world.stranger]), 'UnauthorizedAuthority'],
    'with a stranger\'s tokens': () => [stake(node, 1n, { token: world.strangerToken }), 'ConstraintTokenOwner'],
    'with tokens of another mint': () => [stake(node, 1n, { token: foreign }), 'ConstraintTokenMint'],
    'with no token account': () => [stake(node, 1n, { token: world.owner.publicKey }), 'AccountOwnedByWrongProgram'],
    'with a mint as token account': () => [stake(node, 1n, { token: world.mint }), 'AccountDiscriminatorMismatch'],
    'with another mint': () => [stake(node, 1n, { mint: foreign }), 'ConstraintAddress'],
    'into another node\'s stake': () => [stake(node, 1n, { stakeVault: world.at.stake(other.id) }), 'ConstraintSeeds'],
    'into a token account of one\'s own': () => [stake(node, 1n, { stakeVault: world.ownerToken }), 'ConstraintSeeds'],
    'for another\'s node': () => [stake(node, 1n, { node: world.at.node(other.id), stakeVault: world.at.stake(other.id) }), 'UnauthorizedAuthority'],
    'for a node that is not there': () => [stake(world.node(), 1n), 'NodeNotRegistered'],
    'for the Config': () => [stake(node, 1n, { node: world.at.config }), 'AccountDidNotDeserialize'],
    'for a node that it may not write': () => [stake(node, 1n, { readOnly: 'node' }), 'ConstraintMut'],
    'with a node as Config': () => [stake(node, 1n, { config: world.at.node(other.id) }), 'AccountDidNotDeserialize'],
    'with a Config that is not there': () => [stake(node, 1n, { config: Keypair.generate().publicKey }), 'AccountOwnedByWrongProgram'],
    'with Token-2022': () => [stake(node, 1n, { tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'],
    'with an argument too many': () => {
      const instruction = registry.stake(node, 1n);
      instruction.data = Buffer.concat([instruction.data, Buffer.from([0])]);
      return [world.by(node, instruction), 'InstructionDidNotDeserialize'];
    },
    'with an argument too few': () => {
      const instruction = registry.stake(node, 1n);
      instruction.data = Buffer.from(instruction.data.subarray(0, 15));
      return [world.by(node, instruction), 'InstructionDidNotDeserialize'];
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
});

test('a request to unstake is refused', async (t) => {
  const node = world.staked(10n);
  const working = world.active(150n * HYPER);
  const other = world.staked(10n, { owner: world.otherOwner });
  const cases = {
    'of nothing': () => [unstake(node, 0n), 'ZeroAmount'],
    'of a base unit more than there is': () => [unstake(node, 11n), 'InsufficientStake'],
    'of more than ever was': () => [unstake(node, 2n ** 64n - 1n), 'InsufficientStake'],
    'that leaves a working node a base unit short': () => [unstake(working, 50n * HYPER + 1n), 'InsufficientStake'],
    'unsigned': () => [world.send([registry.requestUnstake(node, 1n, { unsigned: true })], [world.payer]), 'AccountNotSigner'],
    'by a stranger': () => [world.send([registry.requestUnstake(node, 1n, { authority: world.stranger.publicKey })], [world.payer, world.stranger]), 'UnauthorizedAuthority'],
    'from another\'s node': () => [unstake(node, 1n, { node: world.at.node(other.id) }), 'UnauthorizedAuthority'],
    'from a node that is not there': () => [unstake(world.node(), 1n), 'NodeNotRegistered'],
    'from a node that it may not write': () => [unstake(node, 1n, { readOnly: 'node' }), 'ConstraintMut'],
    'with a node as Config': () => [unstake(node, 1n, { config: world.at.node(other.id) }), 'AccountDidNotDeserialize'],
    'with a Config that is not there': () => [unstake(node, 1n, { config: Keypair.generate().publicKey }), 'AccountOwnedByWrongProgram'],
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
  await t.test('and to the Starter\'s last base unit it is accepted, and beyond it once the node drains', () => {
    must(unstake(working, 50n * HYPER));
    refused(unstake(working, 1n), 'InsufficientStake');
    must(world.by(working, registry.setStatus(working, 'Draining')));
    must(unstake(working, 1n));
    refused(world.by(working, registry.setStatus(working, 'Active')), 'InsufficientStake');
  });
});

test('a withdrawal is refused', async (t) => {
  const node = world.staked(10n);
  must(unstake(node, 6n));
  const other = world.staked(10n, { owner: world.otherOwner });
  world.later(COOLDOWN);
  const foreign = world.foreignToken(world.owner.publicKey);
  const cases = {
    'of nothing': () => [withdraw(node, 0n), 'ZeroAmount'],
    'of a base unit more than was asked for': () => [withdraw(node, 7n), 'InsufficientStake'],
    'of what is still at stake': () => [withdraw(node, 10n), 'InsufficientStake'],
    'of more than ever was': () => [withdraw(node, 2n ** 64n - 1n), 'InsufficientStake'],
    'unsigned': () => [world.send([registry.withdraw(node, 1n, { unsigned: true })], [world.payer]), 'AccountNotSigner'],
    'by a stranger': () => [world.send([registry.withdraw(node, 1n, { authority: world.stranger.publicKey, token: world.strangerToken })], [world.payer, world.stranger]), 'UnauthorizedAuthority'],
    'to a stranger\'s account': () => [withdraw(node, 1n, { token: world.strangerToken }), 'ConstraintTokenOwner'],
    'to the stake itself': () => [withdraw(node, 1n, { token: world.at.stake(node.id) }), 'ConstraintTokenOwner'],
    'to an account of another mint': () => [withdraw(node, 1n, { token: foreign }), 'ConstraintTokenMint'],
    'to no token account': () => [withdraw(node, 1n, { token: world.owner.publicKey }), 'AccountOwnedByWrongProgram'],
    'out of another node\'s stake': () => [withdraw(node, 1n, { stakeVault: world.at.stake(other.id) }), 'ConstraintSeeds'],
    'from another\'s node': () => [withdraw(node, 1n, { node: world.at.node(other.id), stakeVault: world.at.stake(other.id) }), 'UnauthorizedAuthority'],
    'from a node that is not there': () => [withdraw(world.node(), 1n), 'NodeNotRegistered'],
    'from a node that it may not write': () => [withdraw(node, 1n, { readOnly: 'node' }), 'ConstraintMut'],
    'with another mint': () => [withdraw(node, 1n, { mint: foreign }), 'ConstraintAddress'],
    'with Token-2022': () => [withdraw(node, 1n, { tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'],
    'with a node as Config': () => [withdraw(node, 1n, { config: world.at.node(other.id) }), 'AccountDidNotDeserialize'],
    'before anything was asked for': () => [withdraw(world.staked(10n), 1n), 'InsufficientStake'],
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
  await t.test('and what was asked for is accepted once', () => {
    must(withdraw(node, 6n));
    refused(withdraw(node, 1n), 'InsufficientStake');
  });
});
