// The virtual machines that the torture programs run on: `run(which, input)` gives the result as sixteen hex digits.
const fs = require('node:fs');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { Keypair, Transaction } = require('@solana/web3.js');
const { ComputeBudget, FailedTransactionMetadata, LiteSvm } = require('litesvm/dist/internal.js');
const { UNITS, programId, budget, instruction, hex } = require('./calls.cjs');

/** How often the second machine may die before that is a failure: a wrong result is one at once. */
const LIVES = 6;

/** The current runtime, in this process. */
function liteSvm(elf) {
  const svm = new LiteSvm();
  const limits = new ComputeBudget();
  limits.computeUnitLimit = BigInt(UNITS);
  svm.setComputeBudget(limits);
  svm.setTransactionHistory(0n);
  const payer = Keypair.generate();
  svm.airdrop(payer.publicKey.toBytes(), 1_000_000_000_000n);
  svm.addProgram(programId.toBytes(), elf);
  return (which, input) => {
    const transaction = new Transaction().add(budget, instruction(which, input));
    transaction.recentBlockhash = svm.latestBlockhash();
    transaction.feePayer = payer.publicKey;
    transaction.sign(payer);
    const result = svm.sendLegacyTransaction(transaction.serialize());
    svm.expireBlockhash();
    if (result instanceof FailedTransactionMetadata) return `failed: ${result.meta().logs().slice(-2).join(' | ')}`;
    return hex(result.returnData().data());
  };
}

/** Another one: Solana 1.18's, with another virtual machine and loader. It knows version 0 only. */
async function bankrun(folder, count, inputs) {
  for (let life = 1; ; life++) {
    try {
      const script = path.join(__dirname, 'second.cjs');
      const { stdout } = await promisify(execFile)(process.execPath, [script, folder, String(count), String(inputs)], { env: { ...process.env, RUST_LOG: 'error' }, timeout: 120_000 });
      const table = stdout.trim().split('\n').map((line) => line.split(' '));
      return (which, input) => table[which][input];
    } catch (error) {
      if (life === LIVES) throw error;
    }
  }
}

/** Every machine, for the programs `torture.so` and `torture.v3.so` of a folder with `count` functions. */
async function machines(folder, count, inputs) {
  const [v0, v3] = ['torture.so', 'torture.v3.so'].map((name) => fs.readFileSync(path.join(folder, name)));
  return { 'LiteSVM v0': liteSvm(v0), 'LiteSVM v3': liteSvm(v3), 'bankrun v0': await bankrun(folder, count, inputs) };
}

module.exports = { machines };
