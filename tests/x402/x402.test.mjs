// x402's stock clients, as npm has them, pay for jobs on a running stack, and what they paid is looked up on its chain.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { ExactSvmScheme } from '@x402/svm/exact/client';
import { ExactSvmScheme as ExactSvmServer } from '@x402/svm/exact/server';
import { ExactSvmSchemeV1 } from '@x402/svm/v1';
import { HTTPFacilitatorClient, x402ResourceServer } from '@x402/core/server';
import * as older from 'x402-fetch';
import { Stack, USDC } from './stack.mjs';

const SUBMIT = '/api/facilitator/submit-job';
const PRICE = { usdc: 50_000n, hyper: 1_000_000n }; // of one HYPER, in base units
let stack;

before(async () => { stack = await Stack.start(); });
after(async () => { await stack?.stop(); });

/** A client of the given version; v1 alone, when the server's v2 header is hidden from it. */
function client({ hyper }) {
  const made = new x402Client();
  made.register('solana:*', new ExactSvmScheme(stack.signer, { rpcUrl: stack.rpc }));
  made.registerV1('solana-devnet', new ExactSvmSchemeV1(stack.signer, { rpcUrl: stack.rpc }));
  if (hyper) made.setSpendControls({ allowedAssets: true }); // HYPER is in no stock client's list of stablecoins
  return made;
}

const withoutV2 = async (...request) => {
  const answer = await fetch(...request);
  const headers = new Headers(answer.headers);
  headers.delete('PAYMENT-REQUIRED');
  return new Response(answer.body, { status: answer.status, headers });
};

async function pay(body, { version, hyper }) {
  const { deployment, ...sent } = body;
  const paying = wrapFetchWithPayment(version === 1 ? withoutV2 : fetch, client({ hyper }));
  const answer = await paying(`${stack.url}${SUBMIT}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(sent) });
  assert.equal(answer.status, 202, await answer.clone().text());
  const told = decodePaymentResponseHeader(answer.headers.get(version === 1 ? 'X-PAYMENT-RESPONSE' : 'PAYMENT-RESPONSE'));
  return { job: await answer.json(), told };
}

for (const version of [2, 1]) {
  for (const hyper of [false, true]) {
    const coin = hyper ? 'HYPER' : 'USDC';
    test(`a v${version} client pays in ${coin}, the job runs, and what it did not use comes back`, async () => {
      const body = await stack.unpaid();
      const mint = hyper ? body.deployment.mint : USDC;
      const amount = hyper ? PRICE.hyper : PRICE.usdc;
      const start = await stack.balance(stack.signer.address, mint);

      const { job, told } = await pay(body, { version, hyper });
      assert.equal(told.success, true, JSON.stringify(told));
      assert.equal(told.payer, stack.signer.address);
      const transfer = await stack.call('getTransaction', told.transaction, { encoding: 'json', commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
      assert.equal(transfer.meta.err, null, 'the settlement that it was told of is on the chain');

      const ended = await stack.ended(job.jobId);
      assert.equal(ended.state, 'Paid', JSON.stringify(ended.transitions));
      assert.equal(ended.mint, mint);
      assert.equal(BigInt(ended.amount), amount);
      assert.equal(BigInt(ended.charge) + BigInt(ended.refund), amount);
      assert.equal(BigInt(ended.nodeShare) + BigInt(ended.protocolFee) + BigInt(ended.platformFee), BigInt(ended.charge));
      assert.ok(ended.charge > 0 && BigInt(ended.charge) < amount);
      assert.equal(await stack.balance(stack.signer.address, mint), start - BigInt(ended.charge), 'the wallet has paid the charge and nothing else');

      const again = await stack.post(SUBMIT, { paymentIntent: body.paymentIntent, publicKey: body.publicKey, job: body.job, reveal: body.reveal });
      assert.equal(again.status, 202, 'a client that lost the answer is not asked to pay again');
    });
  }
}

for (const hyper of [false, true]) {
  test(`a job that finds no node and is cancelled gives all of its ${hyper ? 'HYPER' : 'USDC'} back`, async () => {
    const body = await stack.unpaid({ limits: { gpus: 8 } });
    const mint = hyper ? body.deployment.mint : USDC;
    const start = await stack.balance(stack.signer.address, mint);
    const { job, told } = await pay(body, { version: 2, hyper });
    assert.equal(told.success, true, JSON.stringify(told));
    assert.equal(await stack.balance(stack.signer.address, mint), start - (hyper ? PRICE.hyper : PRICE.usdc), 'it lies in escrow');

    await stack.cancel(job.jobId);
    const ended = await stack.ended(job.jobId);
    assert.equal(ended.state, 'Refunded');
    assert.equal(await stack.balance(stack.signer.address, mint), start);
  });
}

test('a quote opens no account', async () => {
  const { deployment, ...body } = await stack.unpaid();
  const answer = await stack.post(SUBMIT, body);
  assert.equal(answer.status, 402);
  for (const offer of (await answer.json()).accepts) {
    assert.equal(await stack.balance(offer.payTo, offer.asset), 0n);
    assert.equal(await stack.accountExists(offer.payTo), false);
    const { value } = await stack.call('getTokenAccountsByOwner', offer.payTo, { mint: offer.asset }, { encoding: 'base64' });
    assert.deepEqual(value, []);
  }
});

for (const hyper of [false, true]) {
  test(`x402-fetch 1.2 pays in ${hyper ? 'HYPER' : 'USDC'}: it simulates its transfer, so its signed-in payer asks for the account first`, async () => {
    const { deployment, ...body } = await stack.unpaid();
    const mint = hyper ? deployment.mint : USDC;
    const start = await stack.balance(stack.signer.address, mint);
    const select = (offers) => offers.find((offer) => offer.asset === mint);
    const paying = older.wrapFetchWithPayment(fetch, stack.signer, 2_000_000n, select, { svmConfig: { rpcUrl: stack.rpc } });
    const send = (headers) => paying(`${stack.url}${SUBMIT}`, {
      method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body),
    });
    await assert.rejects(send({}), 'without its account the simulation fails');

    const answer = await send({ authorization: `Bearer ${await stack.token()}`, prefer: 'open-account' });
    assert.equal(answer.status, 202, await answer.clone().text());
    const told = older.decodeXPaymentResponse(answer.headers.get('X-PAYMENT-RESPONSE'));
    assert.equal(told.success, true, JSON.stringify(told));
    const ended = await stack.ended((await answer.json()).jobId);
    assert.equal(ended.state, 'Paid', JSON.stringify(ended.transitions));
    assert.equal(await stack.balance(stack.signer.address, mint), start - BigInt(ended.charge));
  });
}

test('the official server middleware settles payments of its own through this facilitator, each once', async () => {
  const network = 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1';
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: `${stack.url}/api/facilitator` })).register(network, new ExactSvmServer());
  await server.initialize();
  const [required] = await server.buildPaymentRequirements({ scheme: 'exact', price: '$0.001', network, payTo: stack.merchant });
  assert.equal(required.amount, '1000');
  const start = await stack.balance(stack.merchant, USDC);
  const payload = await client({}).createPaymentPayload({ x402Version: 2, resource: { url: 'http://shop/', description: '', mimeType: '' }, accepts: [required] });

  const verified = await server.verifyPayment(payload, required);
  assert.deepEqual([verified.isValid, verified.payer], [true, stack.signer.address], JSON.stringify(verified));
  const settled = await server.settlePayment(payload, required);
  assert.equal(settled.success, true, JSON.stringify(settled));
  assert.equal(await stack.balance(stack.merchant, USDC), start + 1_000n);

  const again = await server.settlePayment(payload, required);
  assert.deepEqual([again.success, again.errorReason], [false, 'duplicate_settlement']);
  assert.equal(await stack.balance(stack.merchant, USDC), start + 1_000n);
});
