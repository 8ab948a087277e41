'use strict';

// A program's way onto the chain, as any deployer takes it: a buffer account, chunked writes,
// DeployWithMaxDataLen, and Upgrade, all through the upgradeable loader.

const { Keypair, PublicKey, SystemProgram, SYSVAR_CLOCK_PUBKEY, SYSVAR_RENT_PUBKEY, TransactionInstruction } = require('@solana/web3.js');

const LOADER = new PublicKey('BPFLoaderUpgradeab1e11111111111111111111111');
const BUFFER_HEADER_BYTES = 37;
const PROGRAM_BYTES = 36;
const CHUNK_BYTES = 900;
const WRITES_AT_ONCE = 20;

const u32 = (value) => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(value); return bytes; };
const u64 = (value) => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64LE(BigInt(value)); return bytes; };
const account = (pubkey, { writable = false, signer = false } = {}) => ({ pubkey, isWritable: writable, isSigner: signer });
const instruction = (keys, ...data) => new TransactionInstruction({ programId: LOADER, keys, data: Buffer.concat(data) });

const programDataOf = (program) => PublicKey.findProgramAddressSync([program.toBuffer()], LOADER)[0];

/** Writes an ELF into a new buffer account, whose address it returns. */
async function writeBuffer(node, payer, elf) {
  const buffer = Keypair.generate();
  const space = BUFFER_HEADER_BYTES + elf.length;
  await node.send([
    SystemProgram.createAccount({
      fromPubkey: payer.publicKey, newAccountPubkey: buffer.publicKey, space, programId: LOADER,
      lamports: await node.call('getMinimumBalanceForRentExemption', space),
    }),
    instruction([account(buffer.publicKey, { writable: true }), account(payer.publicKey)], u32(0)),
  ], [payer, buffer]);
  const offsets = Array.from({ length: Math.ceil(elf.length / CHUNK_BYTES) }, (_, index) => index * CHUNK_BYTES);
  const write = (offset) => {
    const chunk = elf.subarray(offset, offset + CHUNK_BYTES);
    return node.send([instruction(
      [account(buffer.publicKey, { writable: true }), account(payer.publicKey, { signer: true })],
      u32(1), u32(offset), u64(chunk.length), chunk)], [payer]);
  };
  // A few at a time: all at once, a busy machine signs the last ones after their blockhash has expired.
  while (offsets.length > 0) await Promise.all(offsets.splice(0, WRITES_AT_ONCE).map(write));
  return buffer.publicKey;
}

/** Deploys an ELF as the program of a key pair. */
async function deploy(node, payer, elf, program = Keypair.generate()) {
  const buffer = await writeBuffer(node, payer, elf);
  await node.send([
    SystemProgram.createAccount({
      fromPubkey: payer.publicKey, newAccountPubkey: program.publicKey, space: PROGRAM_BYTES, programId: LOADER,
      lamports: await node.call('getMinimumBalanceForRentExemption', PROGRAM_BYTES),
    }),
    instruction([
      account(payer.publicKey, { writable: true, signer: true }), account(programDataOf(program.publicKey), { writable: true }),
      account(program.publicKey, { writable: true }), account(buffer, { writable: true }),
      account(SYSVAR_RENT_PUBKEY), account(SYSVAR_CLOCK_PUBKEY), account(SystemProgram.programId),
      account(payer.publicKey, { signer: true }),
    ], u32(2), u64(elf.length * 2)),
  ], [payer, program]);
  return program.publicKey;
}

async function upgrade(node, payer, program, elf) {
  const buffer = await writeBuffer(node, payer, elf);
  await node.send([instruction([
    account(programDataOf(program), { writable: true }), account(program, { writable: true }), account(buffer, { writable: true }),
    account(payer.publicKey, { writable: true }), account(SYSVAR_RENT_PUBKEY), account(SYSVAR_CLOCK_PUBKEY),
    account(payer.publicKey, { signer: true }),
  ], u32(3))], [payer]);
}

/** The ELF of a program that every node has from genesis on. */
async function bundledElf(node, address) {
  const { value } = await node.call('getAccountInfo', address, { encoding: 'base64' });
  return Buffer.from(value.data[0], 'base64');
}

module.exports = { deploy, upgrade, writeBuffer, bundledElf, programDataOf, LOADER };
