#!/usr/bin/env node
'use strict';

// Writes versioned-transactions.json: v0 and legacy transactions as @solana/web3.js makes them, with the tables that they
// use and what they say, resolved. Run from the repository: node tests/vectors/versioned-transactions.cjs

const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

const load = createRequire(path.join(__dirname, '..', '..', 'localnet', 'package.json'));
const {
  AddressLookupTableAccount, ComputeBudgetProgram, Keypair, PublicKey, SystemProgram, TransactionInstruction, TransactionMessage,
  VersionedTransaction,
} = load('@solana/web3.js');

const BLOCKHASH = 'GHtXQBsoZHVnNFa9YevAzFr17DJjgHXk3ycTKD5xD3Zi';
const U64_MAX = 2n ** 64n - 1n;

const signer = (n) => Keypair.fromSeed(new Uint8Array(32).fill(n));
const address = (n) => new PublicKey(Buffer.alloc(32, n));
const meta = (pubkey, isSigner, isWritable) => ({ pubkey, isSigner, isWritable });

function table(n, addresses, authority = signer(1).publicKey) {
  return new AddressLookupTableAccount({
    key: address(n),
    state: { deactivationSlot: U64_MAX, lastExtendedSlot: 7, lastExtendedSlotStartIndex: 0, authority, addresses },
  });
}

/** The account's bytes as the program writes them. */
function tableData(account) {
  const head = Buffer.alloc(56);
  head.writeUInt32LE(1, 0);
  head.writeBigUInt64LE(account.state.deactivationSlot, 4);
  head.writeBigUInt64LE(BigInt(account.state.lastExtendedSlot), 12);
  head.writeUInt8(account.state.lastExtendedSlotStartIndex, 20);
  if (account.state.authority) {
    head.writeUInt8(1, 21);
    account.state.authority.toBuffer().copy(head, 22);
  }
  return Buffer.concat([head, ...account.state.addresses.map((key) => key.toBuffer())]);
}

function vector(name, version, signers, instructions, tables) {
  const message = new TransactionMessage({ payerKey: signers[0].publicKey, recentBlockhash: BLOCKHASH, instructions });
  const compiled = version === 0 ? message.compileToV0Message(tables) : message.compileToLegacyMessage();
  const transaction = new VersionedTransaction(compiled);
  transaction.sign(signers);
  const keys = compiled.getAccountKeys({ addressLookupTableAccounts: tables });
  return {
    name,
    version: version === 0 ? 'v0' : 'legacy',
    signers: signers.map((key) => Buffer.from(key.secretKey.subarray(0, 32)).toString('hex')),
    tables: tables.map((item) => ({ key: item.key.toBase58(), data: tableData(item).toString('base64') })),
    instructions: instructions.map((item) => ({
      program: item.programId.toBase58(),
      accounts: item.keys.map((key) => ({ key: key.pubkey.toBase58(), signer: key.isSigner, writable: key.isWritable })),
      data: item.data.toString('hex'),
    })),
    accounts: Array.from({ length: keys.length }, (_, i) => keys.get(i).toBase58()),
    writable: Array.from({ length: keys.length }, (_, i) => compiled.isAccountWritable(i)),
    transaction: Buffer.from(transaction.serialize()).toString('hex'),
  };
}

const [payer, second] = [signer(1), signer(2)];
const program = address(0x90);
const call = (keys, data = [1, 2, 3]) => new TransactionInstruction({ programId: program, keys, data: Buffer.from(data) });

const vectors = [
  vector('v0 without tables', 0, [payer], [SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: address(0x41), lamports: 5_000n })], []),
  vector('legacy by the versioned classes', 'legacy', [payer], [SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: address(0x41), lamports: 5_000n })], []),
  vector('one table, both roles', 0, [payer],
    [call([meta(payer.publicKey, true, true), meta(address(0x10), false, true), meta(address(0x20), false, false), meta(address(0x30), false, true)])],
    [table(0x70, [address(0x30), address(0x20), address(0x11), address(0x10)])]),
  vector('two tables and an account of neither', 0, [payer, second],
    [
      call([meta(second.publicKey, true, false), meta(address(0x10), false, true), meta(address(0x20), false, false)]),
      call([meta(address(0x10), false, false), meta(address(0x21), false, true), meta(address(0x55), false, true)], []),
    ],
    [table(0x70, [address(0x10), address(0x11)]), table(0x71, [address(0x12), address(0x20), address(0x10), address(0x21)])]),
  vector('a table that has the program and a signer is not used for them', 0, [payer, second],
    [call([meta(second.publicKey, true, true), meta(address(0x10), false, false)])],
    [table(0x70, [program, second.publicKey, address(0x10)])]),
  vector('a table of which nothing is used is left out', 0, [payer],
    [call([meta(address(0x10), false, true)])], [table(0x70, [address(0x11)]), table(0x71, [address(0x10)], null)]),
  vector('a priced one', 0, [payer],
    [ComputeBudgetProgram.setComputeUnitLimit({ units: 200_000 }), ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_234n }), call([meta(address(0x10), false, true)])],
    [table(0x70, [address(0x10)])]),
];

fs.writeFileSync(path.join(__dirname, 'versioned-transactions.json'), `${JSON.stringify(vectors, null, 1)}\n`);
