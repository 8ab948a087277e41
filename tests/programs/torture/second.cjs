// The second virtual machine, in a process of its own: its native part sometimes ends it, and takes with it whoever started it.
//   node second.cjs FOLDER COUNT INPUTS   prints a line for each function, with its results, as the host does
const fs = require('node:fs');
const path = require('node:path');
const { PublicKey, Transaction } = require('@solana/web3.js');
const { start } = require('solana-bankrun');
const { budget, hex, instruction, programId } = require('./calls.cjs');

const LOADER = new PublicKey('BPFLoader2111111111111111111111111111111111');

async function main(folder, count, inputs) {
  const elf = fs.readFileSync(path.join(folder, 'torture.so'));
  const info = { lamports: 10 ** 12, data: elf, owner: LOADER, executable: true, rentEpoch: 0 };
  const context = await start([], [{ address: programId, info }]);
  for (let which = 0; which < count; which++) {
    const results = [];
    for (let input = 0; input < inputs; input++) {
      const transaction = new Transaction().add(budget, instruction(which, input));
      // Its slots follow the wall clock: on a busy machine the hash of the start is soon too old.
      [transaction.recentBlockhash] = await context.banksClient.getLatestBlockhash();
      transaction.feePayer = context.payer.publicKey;
      transaction.sign(context.payer);
      const { result, meta } = await context.banksClient.tryProcessTransaction(transaction);
      // It cuts the zeros at the end of the data off.
      results.push(result === null ? hex(Buffer.concat([Buffer.from(meta.returnData.data), Buffer.alloc(8)]).subarray(0, 8)) : `failed:${String(result).replace(/\s+/g, '_')}`);
    }
    console.log(results.join(' '));
  }
  return elf.length; // still in use until here
}

const [folder, count, inputs] = process.argv.slice(2);
main(folder, Number(count), Number(inputs)).then(() => process.exit(0), (error) => { console.error(error); process.exit(2); });
