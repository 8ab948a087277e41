// Everything that the three programs can say, read by an unmodified Anchor client that has nothing but their IDLs: each
// account byte for byte, each event, each error.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { AnchorError, BorshCoder, EventParser, ProgramError, parseIdlErrors } = require('@coral-xyz/anchor');
const { World, PROGRAMS } = require('./lib/world.cjs');
const { RegistryWorld, APPEAL, COOLDOWN, HYPER } = require('./lib/registry-world.cjs');
const { SplitterWorld, FEE, RULES, DAY } = require('./lib/splitter.cjs');
const { sha256 } = require('./lib/intents.cjs');

const idlOf = (name) => JSON.parse(fs.readFileSync(path.join(__dirname, `../../programs/idl/${name}.json`)));

/** Runs a program's whole life; `say` takes results, `look` addresses of accounts that exist at that moment. */
const LIVES = {
  facilitator({ say, look }) {
    const world = new World();
    const { relayer, payer, assigner, stranger, upgradeAuthority: by } = world;
    const must = (instructions, ...signers) => say(world.must(instructions, signers));
    look(world, 'Config', world.at.config);
    const signed = world.terms();
    world.approve(payer, signed.amount);
    must(world.signedIntent(signed), relayer);
    look(world, 'PaymentIntent', world.at.payment(signed.id));
    must([world.facilitator.assignNode(signed, assigner.publicKey)], relayer, assigner);
    must(world.attested(signed), relayer);
    look(world, 'PaymentIntent', world.at.payment(signed.id));
    const cancelled = world.locked();
    must([world.facilitator.cancel(cancelled, payer.publicKey)], relayer, payer);
    const early = world.deposited({ settleBy: world.now + 8 * 86_400 });
    must([world.facilitator.reclaimDeposit(early)], stranger);
    for (const paused of [true, false]) must([world.facilitator.setPaused(by.publicKey, paused)], by);
    const propose = () => must([world.facilitator.proposeRotation(world.configuration())], by);
    propose();
    look(world, 'Rotation', world.at.rotation);
    must([world.facilitator.withdrawRotation(by.publicKey)], by);
    propose();
    world.setNow(world.payment(cancelled).closableAt + 2 * 86_400);
    must([world.facilitator.applyRotation(by.publicKey)], stranger);
    must([world.facilitator.closeIntent(cancelled)], stranger);
    return world.program;
  },
  node_registry({ say, look }) {
    const world = new RegistryWorld();
    const { registry, payer } = world;
    const must = (instructions, ...signers) => say(world.must(instructions, signers));
    look(world, 'Config', world.at.config);
    const node = world.node();
    const owner = [payer, node.owner];
    must([registry.registerNode(node)], payer, node.owner, node.keys);
    must([registry.updateMetadata(node)], ...owner);
    must([registry.stake(node, 1_000n * HYPER)], ...owner);
    must([registry.setStatus(node, 'Active')], ...owner);
    must(world.recording(node), payer);
    const [slash, mistake] = [world.slash(), world.slash()];
    must(world.proposal(node, slash), payer);
    must(world.proposal(node, mistake), payer);
    look(world, 'Incident', world.at.incident(slash.id));
    must([registry.appealSlash(node, slash, sha256('appeal'))], ...owner);
    must(world.dismissal(node, mistake), payer);
    look(world, 'NodeAccount', world.at.node(node.id));
    world.later(2 * APPEAL);
    must([registry.executeSlash(node, slash)], payer);
    must([registry.requestUnstake(node, 900n * HYPER)], ...owner);
    world.later(COOLDOWN);
    must([registry.withdraw(node, 900n * HYPER)], ...owner);
    must([registry.retire(node)], ...owner);
    return world.program;
  },
  payment_splitter({ say, look }) {
    const world = new SplitterWorld();
    const by = world.upgradeAuthority;
    const must = (instruction) => say(world.must([instruction], [by]));
    look(world, 'Config', world.at.config);
    must(world.splitter.createVault(by.publicKey, FEE.protocol, 1));
    world.pay(world.at.vault(FEE.protocol, 0), 100_000n);
    say(world.distribute(FEE.protocol, 0));
    const propose = () => must(world.splitter.proposeChange(by.publicKey, RULES));
    propose();
    look(world, 'Config', world.at.config);
    must(world.splitter.withdrawChange(by.publicKey));
    propose();
    world.setNow(world.now + DAY);
    must(world.splitter.applyChange());
    return world.program;
  },
};

for (const [name, life] of Object.entries(LIVES)) {
  const idl = idlOf(name);
  const coder = new BorshCoder(idl);
  const elf = fs.readFileSync(path.join(PROGRAMS, `${name}.so`)).toString('latin1');

  test(`${name}: Anchor reads every account and every event`, async () => {
    const [logs, accounts] = [[], []];
    const program = life({
      say: (result) => { assert.ok(result.ok, result.error); logs.push(...result.logs); },
      look: (world, kind, address) => accounts.push([kind, world.account(address).data]),
    });
    const events = [...new EventParser(program, coder).parseLogs(logs)];
    assert.deepEqual([...new Set(events.map((e) => e.name))].sort(), idl.events.map((e) => e.name).sort());
    assert.deepEqual([...new Set(accounts.map(([kind]) => kind))].sort(), idl.accounts.map((a) => a.name).sort());
    for (const [kind, data] of accounts) {
      const written = await coder.accounts.encode(kind, coder.accounts.decode(kind, data));
      // What an account's variable part leaves free at its end is not the coder's.
      assert.deepEqual(written, data.subarray(0, written.length), `${kind}: read and written again, the same bytes`);
      assert.ok(data.subarray(written.length).every((byte) => byte === 0), `${kind}: nothing but room behind what was read`);
    }
  });

  test(`${name}: Anchor reads every error, as the committed program logs it`, () => {
    const messages = parseIdlErrors(idl);
    assert.equal(messages.size, idl.errors.length);
    for (const { code, name: error, msg } of idl.errors) {
      const line = `AnchorError occurred. Error Code: ${error}. Error Number: ${code}. Error Message: ${msg}.`;
      assert.ok(elf.includes(line), `the program holds the line of ${error}`);
      const parsed = AnchorError.parse([`Program ${idl.address} invoke [1]`, `Program log: ${line}`, `Program ${idl.address} failed`]);
      assert.deepEqual([parsed.error.errorCode.code, parsed.error.errorCode.number, parsed.error.errorMessage], [error, code, msg]);
      // A client that got no logs, but the number.
      const bare = ProgramError.parse(new Error(`Error processing Instruction 0: custom program error: 0x${code.toString(16)}`), messages);
      assert.deepEqual([bare.code, bare.msg], [code, msg]);
    }
  });
}
