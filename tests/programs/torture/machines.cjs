// The virtual machines that the torture programs run on: `run(which, input)` gives the result as sixteen hex digits.
const fs = require('node:fs');
const path = require('node:path');
const { ComputeBudgetProgram, Keypair, PublicKey, Transaction, TransactionInstruction } = require('@solana/web3.js');
const { ComputeBudget, FailedTransactionMetadata, LiteSvm } = require('litesvm/dist/internal.js');

const UNITS = 1_400_000;
const LOADER = new PublicKey('BPFLoader2111111111111111111111111111111111');
const programId = Keypair.fromSeed(Buffer.alloc(32, 7)).publicKey;

/** The input of the which-th function is different from its neighbours', as on the host. */
function instruction(which, input) {
  const data = Buffer.alloc(16);
  data.writeBigUInt64LE(BigInt(which));
  data.writeBigUInt64LE(BigInt(input * 7 + which), 8);
  return new TransactionInstruction({ programId, keys: [], data });
}

const hex = (bytes) => (bytes.length === 8 ? Buffer.from(bytes).readBigUInt64LE().toString(16).padStart(16, '0') : `return data of ${bytes.length} bytes`);

/** The current runtime, in this process. */
function liteSvm(elf) {
  const svm = new LiteSvm();
  const budget = new ComputeBudget();
  budget.computeUnitLimit = BigInt(UNITS);
  svm.setComputeBudget(budget);
  svm.setTransactionHistory(0n);
  const payer = Keypair.generate();
  svm.airdrop(payer.publicKey.toBytes(), 1_000_000_000_000n);
  svm.addProgram(programId.toBytes(), elf);
  return async (which, input) => {
    const transaction = new Transaction().add(ComputeBudgetProgram.setComputeUnitLimit({ units: UNITS }), instruction(which, input));
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
async function bankrun(elf) {
  process.env.RUST_LOG ??= 'error';
  const { start } = require('solana-bankrun');
  // As an account of the chain's first block. By name and folder, as it also takes programs, it sometimes loses the name.
  const info = { lamports: 10 ** 12, data: elf, owner: LOADER, executable: true, rentEpoch: 0 };
  const context = await start([], [{ address: programId, info }]);
  return async (which, input) => {
    const transaction = new Transaction().add(ComputeBudgetProgram.setComputeUnitLimit({ units: UNITS }), instruction(which, input));
    // Its slots follow the wall clock: on a busy machine the hash of the start is soon too old.
    [transaction.recentBlockhash] = await context.banksClient.getLatestBlockhash();
    transaction.feePayer = context.payer.publicKey;
    transaction.sign(context.payer);
    const { result, meta } = await context.banksClient.tryProcessTransaction(transaction);
    if (result !== null) return `failed: ${result} ${meta?.logMessages.slice(-2).join(' | ')}`;
    return hex(Buffer.concat([Buffer.from(meta.returnData.data), Buffer.alloc(8)]).subarray(0, 8)); // it cuts zeros off
  };
}

/** Every machine, for the programs `torture.so` and `torture.v3.so` of a folder. */
async function machines(folder) {
  const [v0, v3] = ['torture.so', 'torture.v3.so'].map((name) => fs.readFileSync(path.join(folder, name)));
  return { 'LiteSVM v0': liteSvm(v0), 'LiteSVM v3': liteSvm(v3), 'bankrun v0': await bankrun(v0) };
}

module.exports = { machines };
