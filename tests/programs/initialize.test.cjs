// Who may configure the program, and with what.
const test = require('node:test');
const assert = require('node:assert/strict');
const { Keypair, PublicKey } = require('@solana/web3.js');
const { World } = require('./lib/world.cjs');
const { decodeConfig, programDataAddress } = require('./lib/facilitator.cjs');
const { refused } = require('./lib/assertions.cjs');

const world = new World({ initialize: false });
const initialize = (changes = {}, accounts = {}, signer = world.upgradeAuthority) =>
  world.send([world.facilitator.initialize(world.configuration({ upgradeAuthority: signer.publicKey, ...changes }), accounts)], [signer]);

test('initialize is refused', async (t) => {
  const cases = {
    'by a stranger': () => [initialize({}, {}, world.stranger), 'UnauthorizedUpgradeAuthority'],
    'by a stranger with the program data of another program': () =>
      [initialize({}, { programData: programDataAddress(Keypair.generate().publicKey) }, world.stranger), 'ConstraintSeeds'],
    'by a stranger with an account of his own as program data': () =>
      [initialize({}, { programData: world.strangerToken }, world.stranger), 'ConstraintSeeds'],
    'when the upgrade authority did not sign': () => {
      const instruction = world.facilitator.initialize(world.configuration());
      instruction.keys[0] = { ...instruction.keys[0], isSigner: false };
      return [world.send([instruction], [world.stranger]), 'AccountNotSigner'];
    },
    'with a threshold of two': () => [initialize({ threshold: 2 }), 'InvariantViolated'],
    'with a threshold of six': () => [initialize({ threshold: 6 }), 'InvariantViolated'],
    'with an oracle named twice': () => {
      const oracles = world.oracles.map((o) => o.publicKey);
      oracles[4] = oracles[0];
      return [initialize({ oracles }), 'InvariantViolated'];
    },
    'with a negative grace': () => [initialize({ refundGrace: -1 }), 'InvariantViolated'],
    'with a grace beyond a week': () => [initialize({ refundGrace: 7 * 86_400 + 1 }), 'InvariantViolated'],
    'with no assigner': () => [initialize({ assigner: PublicKey.default }), 'InvariantViolated'],
    'with a vault that is no token account': () => [initialize({}, { protocolVault: world.treasury.publicKey }), 'AccountOwnedByWrongProgram'],
    'with a mint of nine decimals': () => {
      return [initialize({}, world.currency(0n, 9)), 'ConstraintTokenMint'];
    },
    'with vaults of another mint': () => {
      const mint = Keypair.generate();
      world.createMint(mint, world.upgradeAuthority);
      return [initialize({}, { mint: mint.publicKey }), 'ConstraintTokenMint'];
    },
    'at an address that is not the Config\'s': () => [initialize({}, { config: Keypair.generate().publicKey }), 'ConstraintSeeds'],
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
});

test('the upgrade authority configures the program, once', () => {
  const result = initialize();
  assert.ok(result.ok, result.error);
  const config = decodeConfig(world.account(world.at.config).data);
  assert.deepEqual(config.cluster, world.cluster);
  assert.equal(config.facilitator.toBase58(), world.relayer.publicKey.toBase58());
  assert.equal(config.assigner.toBase58(), world.assigner.publicKey.toBase58());
  assert.deepEqual(config.oracles.map(String), world.oracles.map((o) => o.publicKey.toBase58()));
  assert.deepEqual([config.threshold, config.refundGrace], [3, 60]);
  refused(initialize({ refundGrace: 0 }), /#0/);
});
