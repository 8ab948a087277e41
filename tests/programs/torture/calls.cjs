// How a torture program is called, on whichever machine.
const { ComputeBudgetProgram, Keypair, TransactionInstruction } = require('@solana/web3.js');

const UNITS = 1_400_000;
const programId = Keypair.fromSeed(Buffer.alloc(32, 7)).publicKey;
const budget = ComputeBudgetProgram.setComputeUnitLimit({ units: UNITS });

/** The input of the which-th function is different from its neighbours', as on the host. */
function instruction(which, input) {
  const data = Buffer.alloc(16);
  data.writeBigUInt64LE(BigInt(which));
  data.writeBigUInt64LE(BigInt(input * 7 + which), 8);
  return new TransactionInstruction({ programId, keys: [], data });
}

const hex = (bytes) => (bytes.length === 8 ? Buffer.from(bytes).readBigUInt64LE().toString(16).padStart(16, '0') : `return data of ${bytes.length} bytes`);

module.exports = { UNITS, programId, budget, instruction, hex };
