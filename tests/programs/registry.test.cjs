// Configuring the Node Registry, entering a node, describing it, and its owner's word about it.
const test = require('node:test');
const assert = require('node:assert/strict');
const { Keypair, PublicKey, SystemProgram } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { RegistryWorld, HYPER, COOLDOWN, APPEAL, CAP_BPS } = require('./lib/registry-world.cjs');
const { programDataAddress } = require('./lib/facilitator.cjs');
const { sha256 } = require('./lib/intents.cjs');
const { refused } = require('./lib/assertions.cjs');

const DAY = 86_400;

test('initialize', async (t) => {
  const world = new RegistryWorld({ initialize: false });
  const initialize = (changes = {}, accounts = {}, signer = world.upgradeAuthority) =>
    world.send([world.registry.initialize(world.configuration({ upgradeAuthority: signer.publicKey, ...changes }), accounts)], [signer]);
  const keys = world.oracles.map((o) => o.publicKey);
  const foreign = world.foreignToken(world.stranger.publicKey);
  const refusals = {
    'by a stranger': () => [initialize({}, {}, world.stranger), 'UnauthorizedUpgradeAuthority'],
    'by a stranger with another program\'s data': () =>
      [initialize({}, { programData: programDataAddress(Keypair.generate().publicKey) }, world.stranger), 'ConstraintSeeds'],
    'with an account of his own as program data': () => [initialize({}, { programData: world.strangerToken }), 'ConstraintSeeds'],
    'unsigned': () => [world.send([world.registry.initialize(world.configuration(), { unsigned: true })], [world.stranger]), 'AccountNotSigner'],
    'with another system program': () => [initialize({}, { systemProgram: spl.TOKEN_PROGRAM_ID }), 'InvalidProgramId'],
    'with a threshold of two': () => [initialize({ threshold: 2 }), 'InvariantViolated'],
    'with a threshold of six': () => [initialize({ threshold: 6 }), 'InvariantViolated'],
    'with an oracle named twice': () => [initialize({ oracles: [...keys.slice(0, 4), keys[0]] }), 'InvariantViolated'],
    'with an oracle unset': () => [initialize({ oracles: [...keys.slice(0, 4), PublicKey.default] }), 'InvariantViolated'],
    'without a cooldown': () => [initialize({ unstakeCooldown: 0 }), 'InvariantViolated'],
    'with a cooldown beyond 90 days': () => [initialize({ unstakeCooldown: 90 * DAY + 1 }), 'InvariantViolated'],
    'with a negative cooldown': () => [initialize({ unstakeCooldown: -1 }), 'InvariantViolated'],
    'without an appeal window': () => [initialize({ appealWindow: 0 }), 'InvariantViolated'],
    'with an appeal window beyond 30 days': () => [initialize({ appealWindow: 30 * DAY + 1 }), 'InvariantViolated'],
    'without a cap': () => [initialize({ slashCapBps: 0 }), 'InvariantViolated'],
    'with a cap beyond the whole': () => [initialize({ slashCapBps: 10_001 }), 'InvariantViolated'],
    'with a mint that is none': () => [initialize({}, { mint: world.strangerToken }), 'AccountDiscriminatorMismatch'],
    'with a mint that is not there': () => [initialize({}, { mint: Keypair.generate().publicKey }), 'AccountOwnedByWrongProgram'],
    'with a mint of nine decimals': () => {
      const mint = Keypair.generate();
      world.createMint(mint, world.upgradeAuthority, 9);
      return [initialize({}, { mint: mint.publicKey }), 'ConstraintTokenMint'];
    },
    'with a mint of Token-2022': () => {
      const mint = Keypair.generate();
      world.must([
        SystemProgram.createAccount({ fromPubkey: world.upgradeAuthority.publicKey, newAccountPubkey: mint.publicKey, lamports: world.rent(82), space: 82, programId: spl.TOKEN_2022_PROGRAM_ID }),
        spl.createInitializeMint2Instruction(mint.publicKey, 6, world.upgradeAuthority.publicKey, null, spl.TOKEN_2022_PROGRAM_ID),
      ], [world.upgradeAuthority, mint]);
      return [initialize({}, { mint: mint.publicKey }), 'AccountOwnedByWrongProgram'];
    },
    'with a slash vault of another mint': () => [initialize({}, { slashVault: foreign }), 'ConstraintTokenMint'],
    'with a slash vault that is no token account': () => [initialize({}, { slashVault: world.stranger.publicKey }), 'AccountOwnedByWrongProgram'],
    'with a mint as slash vault': () => [initialize({}, { slashVault: world.mint }), 'AccountDiscriminatorMismatch'],
    'at another address': () => [initialize({}, { config: Keypair.generate().publicKey }), 'ConstraintSeeds'],
    'with an argument too many': () => {
      const instruction = world.registry.initialize(world.configuration());
      instruction.data = Buffer.concat([instruction.data, Buffer.from([0])]);
      return [world.send([instruction], [world.upgradeAuthority]), 'InstructionDidNotDeserialize'];
    },
    'with an account too few': () => {
      const instruction = world.registry.initialize(world.configuration());
      instruction.keys.pop();
      return [world.send([instruction], [world.upgradeAuthority]), 'AccountNotEnoughKeys'];
    },
  };
  for (const [name, run] of Object.entries(refusals)) await t.test(`is refused ${name}`, () => refused(...run()));

  await t.test('is done once, by the upgrade authority', () => {
    const result = initialize();
    assert.ok(result.ok, result.error);
    const config = world.config();
    assert.deepEqual(config.oracles, keys.map(String));
    assert.deepEqual(
      [config.cluster, config.mint, config.slash_vault, config.threshold, config.unstake_cooldown, config.appeal_window, config.slash_cap_bps],
      [world.cluster.toString('hex'), world.mint.toBase58(), world.slashVault.toBase58(), 3, String(COOLDOWN), String(APPEAL), CAP_BPS]);
    refused(initialize({ slashCapBps: 1 }), /#0/);
  });
});

test('an instruction that does not exist is refused', () => {
  const world = new RegistryWorld();
  const instruction = world.registry.setStatus(world.node(), 'Active');
  for (const data of [Buffer.alloc(8, 1), Buffer.alloc(7), Buffer.alloc(0)]) {
    instruction.data = data;
    refused(world.send([instruction], [world.payer, world.owner]), 'InstructionFallbackNotFound');
  }
});

test('registering', async (t) => {
  const world = new RegistryWorld();
  await t.test('enters a node that has no stake and may not work', () => {
    const node = world.node();
    const result = world.register(node);
    assert.ok(result.ok, result.error);
    const record = world.record(node);
    assert.deepEqual(
      [record.node_id, record.authority, record.node_key, record.rent_payer, record.stake_amount, record.tier, record.status, record.reputation, record.sequence],
      [node.id.toString('hex'), String(node.authority), String(node.nodeKey), String(node.rentPayer), '0', 'None', 'Offline', 5_000, '0']);
    assert.deepEqual([record.metadata_hash, record.metadata_uri], [node.metadataHash.toString('hex'), node.metadataUri]);
    assert.deepEqual([record.registered_at, record.last_active_at], [String(world.now), String(world.now)]);
    assert.deepEqual(world.events(result), [{ name: 'NodeRegistered', node_id: record.node_id, authority: record.authority, node_key: record.node_key }]);
  });
  await t.test('works where strangers have sent lamports to the addresses before', () => {
    const node = world.node();
    world.must([world.at.node(node.id), world.at.stake(node.id)].map((to) =>
      SystemProgram.transfer({ fromPubkey: world.stranger.publicKey, toPubkey: to, lamports: 1_000_000 })), [world.stranger]);
    assert.ok(world.register(node).ok);
  });

  const node = world.node();
  const register = (changes = {}, accounts = {}, signers = [world.payer, world.owner, node.keys]) =>
    world.send([world.registry.registerNode({ ...node, ...changes }, accounts)], signers);
  const used = world.registered();
  const refusals = {
    'with an id that is used': () => [world.register({ ...node, id: used.id }), 'NodeAlreadyRegistered'],
    'with an id that another owner uses': () => [world.register({ ...world.node({ owner: world.otherOwner }), id: used.id }), 'NodeAlreadyRegistered'],
    'without the owner\'s signature': () => [register({}, { unsigned: true }, [world.payer, node.keys]), 'AccountNotSigner'],
    'without the node key\'s signature': () => [register({}, { keyUnsigned: true }, [world.payer, world.owner]), 'AccountNotSigner'],
    'without the rent payer\'s signature': () =>
      [register({ rentPayer: world.stranger.publicKey }, { rentUnsigned: true }), 'AccountNotSigner'],
    'with another mint': () => [register({}, { mint: world.strangerToken }), 'ConstraintAddress'],
    'at another node\'s address': () => [register({}, { node: world.at.node(used.id) }), 'ConstraintSeeds'],
    'with another stake account': () => [register({}, { stakeVault: world.strangerToken }), 'ConstraintSeeds'],
    'with another node\'s stake': () => [register({}, { stakeVault: world.at.stake(used.id) }), 'ConstraintSeeds'],
    'with Token-2022': () => [register({}, { tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'],
    'with another system program': () => [register({}, { systemProgram: spl.TOKEN_PROGRAM_ID }), 'InvalidProgramId'],
    'with a Config that is not there': () => [register({}, { config: Keypair.generate().publicKey }), 'AccountOwnedByWrongProgram'],
    'with a node as Config': () => [register({}, { config: world.at.node(used.id) }), 'AccountDidNotDeserialize'],
    'with an address of 129 bytes': () => [register({ metadataUri: 'a'.repeat(129) }), 'InvalidMetadataUri'],
    'with a space in the address': () => [register({ metadataUri: 'a b' }), 'InvalidMetadataUri'],
    'with a letter beyond ASCII in the address': () => [register({ metadataUri: 'é' }), 'InvalidMetadataUri'],
    'with a line feed in the address': () => [register({ metadataUri: 'a\n' }), 'InvalidMetadataUri'],
    'with a string longer than the data': () => {
      const instruction = world.registry.registerNode(node);
      instruction.data = Buffer.from(instruction.data.subarray(0, -1));
      return [world.send([instruction], [world.payer, world.owner, node.keys]), 'InstructionDidNotDeserialize'];
    },
    'with an argument too many': () => {
      const instruction = world.registry.registerNode(node);
      instruction.data = Buffer.concat([instruction.data, Buffer.from([0])]);
      return [world.send([instruction], [world.payer, world.owner, node.keys]), 'InstructionDidNotDeserialize'];
    },
  };
  for (const [name, run] of Object.entries(refusals)) await t.test(`is refused ${name}`, () => refused(...run()));
  await t.test('takes an address of 128 bytes, and none', () => {
    assert.equal(world.record(world.registered({ metadataUri: 'a'.repeat(128) })).metadata_uri.length, 128);
    assert.equal(world.record(world.registered({ metadataUri: '' })).metadata_uri, '');
  });
});

test('describing', async (t) => {
  const world = new RegistryWorld();
  const node = world.registered();
  const update = (changes = {}, accounts = {}, signers = [world.payer, world.owner]) =>
    world.send([world.registry.updateMetadata({ ...node, ...changes }, accounts)], signers);
  await t.test('replaces hash and address, a longer one by a shorter', () => {
    const result = update({ metadataHash: sha256('new'), metadataUri: 'ipfs://short' });
    assert.ok(result.ok, result.error);
    assert.deepEqual([world.record(node).metadata_hash, world.record(node).metadata_uri], [sha256('new').toString('hex'), 'ipfs://short']);
    assert.equal(world.events(result)[0].name, 'MetadataUpdated');
  });
  const other = world.registered({ owner: world.otherOwner });
  const refusals = {
    'unsigned': () => [update({}, { unsigned: true }, [world.payer]), 'AccountNotSigner'],
    'by a stranger': () => [update({}, { authority: world.stranger.publicKey }, [world.payer, world.stranger]), 'UnauthorizedAuthority'],
    'by the node\'s own key': () => [update({}, { authority: node.nodeKey }, [world.payer, node.keys]), 'UnauthorizedAuthority'],
    'of another\'s node': () => [update({}, { node: world.at.node(other.id) }), 'UnauthorizedAuthority'],
    'of a node that is not there': () => [update({ id: world.node().id }), 'NodeNotRegistered'],
    'of the Config': () => [update({}, { node: world.at.config }), 'AccountDidNotDeserialize'],
    'of a token account': () => [update({}, { node: world.strangerToken }), 'AccountOwnedByWrongProgram'],
    'of a node that it may not write': () => [update({}, { readOnly: 'node' }), 'ConstraintMut'],
    'with an address of 129 bytes': () => [update({ metadataUri: 'a'.repeat(129) }), 'InvalidMetadataUri'],
  };
  for (const [name, run] of Object.entries(refusals)) await t.test(`is refused ${name}`, () => refused(...run()));
});

test('an owner\'s word', async (t) => {
  const world = new RegistryWorld();
  const set = (node, status, accounts) => world.by(node, world.registry.setStatus(node, status, accounts));
  await t.test('lets a node come, finish and go', () => {
    const node = world.staked(100n * HYPER);
    for (const status of ['Active', 'Draining', 'Active', 'Offline', 'Active', 'Draining', 'Offline']) {
      const from = world.record(node).status;
      const result = set(node, status);
      assert.ok(result.ok, result.error);
      assert.equal(world.record(node).status, status);
      assert.deepEqual(world.events(result)[0], { name: 'NodeStatusChanged', node_id: node.id.toString('hex'), from, to: status, attested: false });
    }
  });
  await t.test('is worth nothing with a base unit less than the Starter\'s stake', () => {
    refused(set(world.staked(100n * HYPER - 1n), 'Active'), 'InsufficientStake');
    refused(set(world.registered(), 'Active'), 'InsufficientStake');
  });
  const allowed = ['Active>Draining', 'Active>Offline', 'Draining>Active', 'Draining>Offline', 'Offline>Active'];
  const states = {
    Active: () => world.active(),
    Offline: () => world.staked(),
    Draining: () => { const node = world.active(); assert.ok(set(node, 'Draining').ok); return node; },
    Jailed: () => { const node = world.staked(); world.must(world.attestation(node, 'Jailed'), [world.payer]); return node; },
    Slashed: () => {
      const node = world.staked();
      const slash = world.proposed(node);
      world.later(APPEAL);
      world.must([world.registry.executeSlash(node, slash)], [world.payer]);
      return node;
    },
    Retired: () => { const node = world.registered(); assert.ok(world.by(node, world.registry.retire(node)).ok); return node; },
  };
  for (const [from, make] of Object.entries(states)) {
    const node = make();
    for (const to of Object.keys(states)) {
      if (allowed.includes(`${from}>${to}`)) continue;
      await t.test(`does not turn ${from} into ${to}`, () => refused(set(node, to), 'InvalidNodeStatus'));
    }
  }
  const node = world.staked();
  const refusals = {
    'of a status that does not exist': () => [set(node, 6), 'InstructionDidNotDeserialize'],
    'unsigned': () => [world.send([world.registry.setStatus(node, 'Active', { unsigned: true })], [world.payer]), 'AccountNotSigner'],
    'by a stranger': () => [world.send([world.registry.setStatus(node, 'Active', { authority: world.stranger.publicKey })], [world.payer, world.stranger]), 'UnauthorizedAuthority'],
    'about a node that it may not write': () => [set(node, 'Active', { readOnly: 'node' }), 'ConstraintMut'],
    'about a node that is not there': () => [set(world.node(), 'Active'), 'NodeNotRegistered'],
  };
  for (const [name, run] of Object.entries(refusals)) await t.test(`is refused ${name}`, () => refused(...run()));
});

test('retiring', async (t) => {
  const world = new RegistryWorld();
  const retire = (node, accounts) => world.by(node, world.registry.retire(node, accounts));
  await t.test('closes the stake, leaves a tombstone and gives the rent of both back', () => {
    const node = world.registered();
    world.must([spl.createTransferInstruction(world.strangerToken, world.at.stake(node.id), world.stranger.publicKey, 7n)], [world.stranger]);
    const [tokens, payer] = [world.tokens(node.token), world.lamports(world.payer.publicKey)];
    const before = world.lamports(world.at.node(node.id)) + world.lamports(world.at.stake(node.id));
    const result = world.send([world.registry.retire(node)], [world.owner]);
    assert.ok(result.ok, result.error);
    assert.equal(world.account(world.at.stake(node.id)), null);
    const { data, lamports } = world.account(world.at.node(node.id));
    assert.equal(Number(lamports), world.rent(data.length));
    assert.equal(world.lamports(world.payer.publicKey) - payer, before - lamports, 'all that the tombstone does not need');
    assert.equal(world.tokens(node.token) - tokens, 7n, 'what strangers sent goes to the owner');
    const record = world.record(node);
    assert.deepEqual([record.status, record.metadata_uri, record.authority], ['Retired', '', String(node.authority)]);
    assert.deepEqual(world.events(result), [{ name: 'NodeRetired', node_id: node.id.toString('hex'), authority: String(node.authority), slashed_total: '0' }]);
  });
  await t.test('ends everything', () => {
    const node = world.registered();
    const work = world.recording(node);
    const jail = world.attestation(node, 'Jailed');
    assert.ok(retire(node).ok);
    refused(retire(node), 'InvalidNodeStatus');
    refused(world.register(node), 'NodeAlreadyRegistered');
    refused(world.by(node, world.registry.stake(node, 1n)), 'InvalidNodeStatus');
    refused(world.by(node, world.registry.requestUnstake(node, 1n)), 'InvalidNodeStatus');
    refused(world.by(node, world.registry.withdraw(node, 1n)), 'InvalidNodeStatus');
    refused(world.by(node, world.registry.updateMetadata(node)), 'InvalidNodeStatus');
    refused(world.send(work, [world.payer]), 'InvalidNodeStatus');
    refused(world.send(jail, [world.payer]), 'InvalidNodeStatus');
    refused(world.send(world.proposal(node, world.slash()), [world.payer]), 'InvalidNodeStatus');
  });
  const node = world.registered();
  const other = world.registered({ owner: world.otherOwner });
  const refusals = {
    'with a base unit at stake': () => [retire(world.staked(1n)), 'StakeRemains'],
    'with a base unit on its way out': () => {
      const leaving = world.staked(1n);
      assert.ok(world.by(leaving, world.registry.requestUnstake(leaving, 1n)).ok);
      return [retire(leaving), 'StakeRemains'];
    },
    'unsigned': () => [world.send([world.registry.retire(node, { unsigned: true })], [world.payer]), 'AccountNotSigner'],
    'by a stranger': () => [world.send([world.registry.retire(node, { authority: world.stranger.publicKey })], [world.payer, world.stranger]), 'UnauthorizedAuthority'],
    'with the rent to a stranger': () => [retire(node, { rentPayer: world.stranger.publicKey }), 'ConstraintHasOne'],
    'with a stranger\'s tokens': () => [retire(node, { token: world.strangerToken }), 'ConstraintTokenOwner'],
    'with tokens of another mint': () => [retire(node, { token: world.foreignToken(world.owner.publicKey) }), 'ConstraintTokenMint'],
    'with another node\'s stake': () => [retire(node, { stakeVault: world.at.stake(other.id) }), 'ConstraintSeeds'],
    'with another mint': () => [retire(node, { mint: world.strangerToken }), 'ConstraintAddress'],
    'with Token-2022': () => [retire(node, { tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'],
    'with another Config': () => [retire(node, { config: world.at.node(other.id) }), 'AccountDidNotDeserialize'],
  };
  for (const [name, run] of Object.entries(refusals)) await t.test(`is refused ${name}`, () => refused(...run()));
});
