'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const crypto = require('node:crypto');
const { Keypair, PublicKey } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { TestNode, temporaryFolder } = require('./harness.cjs');

test('mint, transfer, approve and close SPL tokens, and read them in every way', async (t) => {
  const node = await TestNode.start(t);
  const connection = node.connection();
  const payer = await node.wallet();
  const other = Keypair.generate();
  const mint = await spl.createMint(connection, payer, payer.publicKey, null, 6);
  const mine = (await spl.getOrCreateAssociatedTokenAccount(connection, payer, mint, payer.publicKey)).address;
  const theirs = (await spl.getOrCreateAssociatedTokenAccount(connection, payer, mint, other.publicKey)).address;
  await spl.mintTo(connection, payer, mint, mine, payer, 5_000_000n);
  const signature = await spl.transfer(connection, payer, mine, theirs, payer, 1_250_000n);
  await spl.approve(connection, payer, mine, other.publicKey, payer, 7n);

  assert.deepEqual((await connection.getTokenAccountBalance(theirs)).value,
    { amount: '1250000', decimals: 6, uiAmount: 1.25, uiAmountString: '1.25' });
  assert.equal((await connection.getTokenSupply(mint)).value.uiAmountString, '5');
  const owned = await connection.getParsedTokenAccountsByOwner(other.publicKey, { mint });
  assert.equal(owned.value.length, 1);
  assert.equal(owned.value[0].account.data.parsed.info.tokenAmount.amount, '1250000');
  const approved = await connection.getParsedAccountInfo(mine);
  assert.equal(approved.value.data.parsed.info.delegate, other.publicKey.toBase58());
  const byMint = await connection.getProgramAccounts(spl.TOKEN_PROGRAM_ID, {
    filters: [{ dataSize: 165 }, { memcmp: { offset: 0, bytes: mint.toBase58() } }],
  });
  assert.deepEqual(byMint.map((item) => item.pubkey.toBase58()).sort(), [mine, theirs].map(String).sort());
  assert.deepEqual((await connection.getTokenLargestAccounts(mint)).value.map((item) => item.address.toBase58()), [mine, theirs].map(String));

  const { meta } = await connection.getTransaction(signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
  const amounts = (list) => Object.fromEntries(list.map((item) => [item.owner, item.uiTokenAmount.amount]));
  assert.equal(amounts(meta.preTokenBalances)[payer.publicKey.toBase58()], '5000000');
  assert.equal(amounts(meta.postTokenBalances)[other.publicKey.toBase58()], '1250000');

  assert.equal((await node.request('getTokenAccountBalance', payer.publicKey.toBase58())).error.code, -32602);
  assert.equal((await node.request('getTokenSupply', mine.toBase58())).error.code, -32602);
});

test('account data is sliced, encoded and refused as Solana does', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet();
  const mint = await spl.createMint(node.connection(), payer, payer.publicKey, null, 9);
  const account = (await spl.getOrCreateAssociatedTokenAccount(node.connection(), payer, mint, payer.publicKey)).address.toBase58();
  const refused = await node.request('getAccountInfo', account);
  assert.equal(refused.error.code, -32600); // 165 bytes are too many for base58
  const sliced = await node.call('getAccountInfo', account, { encoding: 'base58', dataSlice: { offset: 0, length: 32 } });
  assert.deepEqual(sliced.value.data, [mint.toBase58(), 'base58']);
  assert.equal(sliced.value.space, 165);
  const many = await node.call('getMultipleAccounts', [account, Keypair.generate().publicKey.toBase58()], { encoding: 'base64' });
  assert.equal(Buffer.from(many.value[0].data[0], 'base64').length, 165);
  assert.equal(many.value[1], null);
  const text = await (await fetch(node.rpc, {
    method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getAccountInfo', params: [account, { encoding: 'base64' }] }),
  })).text();
  assert.match(text, /"rentEpoch":18446744073709551615[,}]/);
});

test('USDC stands at its devnet address, once, and anybody can mint it', async (t) => {
  const directory = temporaryFolder(t);
  const usdc = new PublicKey('4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU');
  const authority = Keypair.fromSeed(crypto.createHash('sha256').update('hypernode-localnet/mock-usdc/v1').digest());
  const first = await TestNode.start(t, { data: directory });
  const payer = await first.wallet();
  const mine = (await spl.getOrCreateAssociatedTokenAccount(first.connection(), payer, usdc, payer.publicKey)).address;
  await spl.mintTo(first.connection(), payer, usdc, mine, authority, 1_000n);
  await first.stop();

  const again = await TestNode.start(t, { data: directory });
  const mint = await spl.getMint(again.connection(), usdc);
  assert.equal(mint.supply, 1_000n, 'a restart does not put an empty one in its place');
  assert.equal(mint.decimals, 6);
});
