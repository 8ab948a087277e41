// Deployment through the real upgradeable loader: a buffer, chunked writes, then DeployWithMaxDataLen.
const { Keypair, SystemProgram, SYSVAR_CLOCK_PUBKEY, SYSVAR_RENT_PUBKEY, TransactionInstruction } = require('@solana/web3.js');
const { UPGRADEABLE_LOADER, programDataAddress } = require('./anchor.cjs');
const { u32, u64 } = require('./intents.cjs');

const BUFFER_HEADER = 37;
const PROGRAM_LENGTH = 36;
const CHUNK = 900;

const key = (pubkey, isWritable = false, isSigner = false) => ({ pubkey, isWritable, isSigner });
const loader = (keys, ...data) => new TransactionInstruction({ programId: UPGRADEABLE_LOADER, keys, data: Buffer.concat(data) });

/**
 * The steps to deploy `elf` as `program` (a Keypair) under `authority` (a Keypair, who pays): arrays of
 * `{ instructions, signers }`, of which the middle ones, `writes`, may go in any order.
 * `rent(length)` gives the lamports that keep an account of that length.
 */
function deployment({ elf, program, authority, rent, maxLength = elf.length }) {
  const buffer = Keypair.generate();
  const owner = authority.publicKey;
  const create = {
    instructions: [
      SystemProgram.createAccount({
        fromPubkey: owner, newAccountPubkey: buffer.publicKey, programId: UPGRADEABLE_LOADER,
        space: BUFFER_HEADER + elf.length, lamports: rent(BUFFER_HEADER + elf.length),
      }),
      loader([key(buffer.publicKey, true), key(owner)], u32(0)),
    ],
    signers: [authority, buffer],
  };
  const writes = [];
  for (let at = 0; at < elf.length; at += CHUNK) {
    const chunk = elf.subarray(at, at + CHUNK);
    const instruction = loader([key(buffer.publicKey, true), key(owner, false, true)], u32(1), u32(at), u64(chunk.length), chunk);
    writes.push({ instructions: [instruction], signers: [authority] });
  }
  const deploy = {
    instructions: [
      SystemProgram.createAccount({
        fromPubkey: owner, newAccountPubkey: program.publicKey, programId: UPGRADEABLE_LOADER, space: PROGRAM_LENGTH,
        lamports: rent(PROGRAM_LENGTH),
      }),
      loader([
        key(owner, true, true), key(programDataAddress(program.publicKey), true), key(program.publicKey, true),
        key(buffer.publicKey, true), key(SYSVAR_RENT_PUBKEY), key(SYSVAR_CLOCK_PUBKEY), key(SystemProgram.programId), key(owner, false, true),
      ], u32(2), u64(maxLength)),
    ],
    signers: [authority, program],
  };
  return { create, writes, deploy };
}

module.exports = { deployment };
