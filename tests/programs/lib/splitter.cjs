// The payment splitter's interface in JavaScript: addresses, instructions, accounts and events; and a world with it deployed.
const { Keypair, PublicKey, SystemProgram } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { u8, i64 } = require('./intents.cjs');
const {
  programDataAddress, readOnly, writable, signer, writableSigner, u16, instructionsOf, decode, eventsIn,
} = require('./anchor.cjs');
const { Cluster, HYPER } = require('./world.cjs');

const FEE = { protocol: 0, platform: 1 };
const SHARES = ['treasury', 'development', 'stakingPool', 'burn'];
const DAY = 86_400;

/** Every address that the splitter derives. */
function addresses(program) {
  const find = (...seeds) => PublicKey.findProgramAddressSync(seeds.map((seed) => Buffer.from(seed)), program)[0];
  return { config: find('config'), vault: (fee, shard) => find('vault', u8(fee), u16(shard)) };
}

const split = (points) => Buffer.concat(SHARES.map((name) => u16(points[name] ?? 0)));
const rulesArguments = (rules) => [split(rules.protocol), split(rules.platform), u16(rules.shards)];

/** Builders for one deployment. Every builder takes `o`, whose fields override an account, for tests that pass the wrong one. */
function splitter({ program, mint, destinations }) {
  const at = addresses(program);
  const instruction = instructionsOf(program);
  const places = (meta, o) => ['treasury', 'development', 'stakingPool'].map((name) => meta(o[name] ?? destinations[name]));
  const authority = (meta, key, o) => (o.unsigned ? { ...meta(key), isSigner: false } : meta(key));
  const programData = (o) => readOnly(o.programData ?? programDataAddress(program));
  const tokens = (o) => readOnly(o.tokenProgram ?? spl.TOKEN_PROGRAM_ID);
  const system = (o) => readOnly(o.systemProgram ?? SystemProgram.programId);
  const config = (o) => readOnly(o.config ?? at.config);

  return {
    at,
    initialize: (by, rules, o = {}) => instruction('initialize', [
      authority(writableSigner, by, o), writable(o.config ?? at.config), readOnly(o.mint ?? mint), ...places(readOnly, o), programData(o), system(o),
    ], ...rulesArguments(rules), i64(rules.changeDelay)),

    createVault: (payer, fee, shard, o = {}) => instruction('create_vault', [
      authority(writableSigner, payer, o), config(o), readOnly(o.mint ?? mint), writable(o.vault ?? at.vault(fee, shard)), tokens(o), system(o),
    ], u8(fee), u16(shard)),

    distribute: (fee, shard, o = {}) => instruction('distribute', [
      config(o), writable(o.mint ?? mint), writable(o.vault ?? at.vault(fee, shard)), ...places(writable, o), tokens(o),
    ], u8(fee), u16(shard)),

    proposeChange: (by, rules, o = {}) => instruction('propose_change', [
      authority(signer, by, o), writable(o.config ?? at.config), ...places(readOnly, o), programData(o),
    ], ...rulesArguments(rules)),

    withdrawChange: (by, o = {}) => instruction('withdraw_change',
      [authority(signer, by, o), writable(o.config ?? at.config), programData(o)]),

    applyChange: (o = {}) => instruction('apply_change', [writable(o.config ?? at.config), ...places(readOnly, o)]),
  };
}

const readSplit = (r) => ({ treasury: r.u16(), development: r.u16(), stakingPool: r.u16(), burn: r.u16() });
const readRules = (r) => ({ treasury: r.key(), development: r.key(), stakingPool: r.key(), protocol: readSplit(r), platform: readSplit(r), shards: r.u16() });
const change = (r) => ({ rules: readRules(r), dueAt: r.i64() });

const decodeConfig = (data) => decode(data, 'account:Config', (r) => ({
  mint: r.key(), changeDelay: r.i64(), bump: r.u8(), rules: readRules(r), proposed: readRules(r), dueAt: r.i64(),
}));

const decodeEvents = (logs) => eventsIn(logs, {
  VaultCreated: (r) => ({ fee: r.u8(), shard: r.u16(), vault: r.key() }),
  Distributed: (r) => ({ fee: r.u8(), shard: r.u16(), amount: r.u64(), treasury: r.u64(), development: r.u64(), stakingPool: r.u64(), burned: r.u64() }),
  ChangeProposed: change, ChangeWithdrawn: change, ChangeApplied: change,
});

/** What `points` make of `balance`, as the README says it: rounded down at each running total, in the order burn … treasury. */
function sharesOf(points, balance) {
  const shares = {};
  let total = 0n, given = 0n;
  for (const name of [...SHARES].reverse()) {
    total += BigInt(points[name] ?? 0);
    const until = BigInt(balance) * total / 10_000n;
    shares[name] = until - given;
    given = until;
  }
  return shares;
}

const RULES = {
  protocol: { treasury: 5_001, development: 1_999, stakingPool: 2_000, burn: 1_000 }, platform: { development: 10_000 }, shards: 3, changeDelay: DAY,
};

/** The splitter deployed and configured with `rules`, and vault 0 of both fees opened. */
class SplitterWorld extends Cluster {
  constructor({ rules = RULES, initialize = true } = {}) {
    super();
    for (const name of ['upgradeAuthority', 'stranger', 'owner']) this[name] = Keypair.generate();
    this.fund(this.upgradeAuthority, this.stranger, this.owner);
    this.rules = rules;
    this.mint = this.newMint();
    this.destinations = {};
    for (const name of ['treasury', 'development', 'stakingPool']) this.destinations[name] = this.newTokenAccount();
    this.program = this.deployOurs('payment_splitter', this.upgradeAuthority);
    this.splitter = splitter(this);
    this.at = this.splitter.at;
    if (!initialize) return;
    this.must([this.splitter.initialize(this.upgradeAuthority.publicKey, rules)], [this.upgradeAuthority]);
    for (const fee of Object.values(FEE)) this.must([this.splitter.createVault(this.stranger.publicKey, fee, 0)], [this.stranger]);
  }

  newMint(decimals = 6) {
    const keys = Keypair.generate();
    this.createMint(keys, this.upgradeAuthority, decimals);
    return keys.publicKey;
  }

  /** A token account of somebody new. */
  newTokenAccount(mint = this.mint, owner = Keypair.generate().publicKey) { return this.createTokenAccount(mint, owner, this.upgradeAuthority); }

  /** Fees arrive. */
  pay(vault, amount, mint = this.mint) {
    this.must([spl.createMintToInstruction(mint, vault, this.upgradeAuthority.publicKey, amount)], [this.upgradeAuthority]);
  }

  get supply() { return this.account(this.mint).data.readBigUInt64LE(36); }

  config() { return decodeConfig(this.account(this.at.config).data); }

  /** Everybody's tokens; `burn` is what is missing from the supply. */
  balances(vault) {
    const of = Object.fromEntries(Object.entries(this.destinations).map(([name, address]) => [name, this.tokens(address)]));
    return { ...of, burn: -this.supply, vault: this.tokens(vault) };
  }

  distribute(fee, shard, accounts = {}) { return this.send([this.splitter.distribute(fee, shard, accounts)], [this.stranger]); }
}

module.exports = { FEE, RULES, DAY, HYPER, SplitterWorld, splitter, addresses, sharesOf, decodeConfig, decodeEvents };
