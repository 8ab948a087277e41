// x402's stock clients, as npm has them, pay for jobs on a running stack, and what they paid is looked up on its chain.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { ExactSvmScheme } from '@x402/svm/exact/client';
import { ExactSvmSchemeV1 } from '@x402/svm/v1';
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
