// An ordinary Anchor client, given nothing but the IDL, speaks the payment splitter's language.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { AnchorError, BN, BorshCoder, EventParser } = require('@coral-xyz/anchor');
const { FEE, RULES, DAY, SplitterWorld } = require('./lib/splitter.cjs');

const idl = JSON.parse(fs.readFileSync(path.join(__dirname, '../../programs/idl/payment_splitter.json')));
const coder = new BorshCoder(idl);
const world = new SplitterWorld();
const by = world.upgradeAuthority;
const split = ({ treasury = 0, development = 0, stakingPool = 0, burn = 0 }) => ({ treasury, development, staking_pool: stakingPool, burn });
const rules = { protocol: split(RULES.protocol), platform: split(RULES.platform), shards: RULES.shards };

test('the IDL names this program', () => assert.equal(idl.address, world.program.toBase58()));

test('Anchor encodes every instruction as we do', () => {
  const cases = [
    ['initialize', world.splitter.initialize(by.publicKey, RULES), { ...rules, change_delay: new BN(DAY) }],
    ['create_vault', world.splitter.createVault(by.publicKey, FEE.platform, 2), { fee: { Platform: {} }, shard: 2 }],
    ['distribute', world.splitter.distribute(FEE.protocol, 1), { fee: { Protocol: {} }, shard: 1 }],
    ['propose_change', world.splitter.proposeChange(by.publicKey, RULES), rules],
    ['withdraw_change', world.splitter.withdrawChange(by.publicKey), {}],
    ['apply_change', world.splitter.applyChange(), {}],
  ];
  assert.deepEqual(cases.map(([name]) => name), idl.instructions.map((i) => i.name));
  for (const [name, ours, args] of cases) {
    assert.deepEqual(coder.instruction.encode(name, args), ours.data, name);
    const described = idl.instructions.find((i) => i.name === name).accounts;
    assert.deepEqual(described.map((a) => [!!a.signer, !!a.writable]), ours.keys.map((k) => [k.isSigner, k.isWritable]), name);
    for (const [i, account] of described.entries()) if (account.address) assert.equal(ours.keys[i].pubkey.toBase58(), account.address);
  }
});

test('Anchor decodes the Config, events and errors', () => {
  const config = coder.accounts.decode('Config', world.account(world.at.config).data);
  assert.deepEqual([config.change_delay.toNumber(), config.rules.protocol, config.rules.shards], [DAY, rules.protocol, 3]);

  const logs = [...world.must([world.splitter.createVault(by.publicKey, FEE.protocol, 1)], [by]).logs];
  world.pay(world.at.vault(FEE.protocol, 0), 100_000n);
  logs.push(...world.distribute(FEE.protocol, 0).logs);
  const propose = () => world.must([world.splitter.proposeChange(by.publicKey, RULES)], [by]).logs;
  logs.push(...propose(), ...world.must([world.splitter.withdrawChange(by.publicKey)], [by]).logs, ...propose());
  world.setNow(world.now + DAY);
  logs.push(...world.must([world.splitter.applyChange()], [by]).logs);
  const events = [...new EventParser(world.program, coder).parseLogs(logs)];
  assert.deepEqual(events.map((e) => e.name), ['VaultCreated', 'Distributed', 'ChangeProposed', 'ChangeWithdrawn', 'ChangeProposed', 'ChangeApplied']);
  assert.deepEqual([events[1].data.fee, events[1].data.burned.toString()], [{ Protocol: {} }, '10000']);
  assert.deepEqual(events[5].data.rules.platform, rules.platform);

  const error = AnchorError.parse(world.distribute(FEE.protocol, 0).logs);
  assert.deepEqual([error.error.errorCode.code, error.error.errorCode.number], ['NothingToDistribute', 6007]);
});
