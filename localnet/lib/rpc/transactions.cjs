'use strict';

// Methods that run transactions: for keeps, or to see what would happen.

const { base58Bytes, encodeAccount, publicKeyBytes } = require('../encoding.cjs');
const { describeTransactionError } = require('../errors.cjs');
const { RpcError, codes, invalidParams } = require('../rpc-error.cjs');
const { decodeTransaction, feeOf, parseMessage, parseTransaction } = require('../transaction.cjs');
const { withContext, checkMinContextSlot } = require('./context.cjs');

function transactionMethods(chain, faults) {
  const { vm } = chain;
  const lookup = (address) => vm.account(address);

  const simulatedAccounts = (outcome, config) => {
    if (!config.accounts) return null;
    if (!Array.isArray(config.accounts.addresses)) throw invalidParams('expected accounts.addresses');
    if (outcome.err !== null) return config.accounts.addresses.map(() => null);
    return config.accounts.addresses.map((address) => encodeAccount(
      outcome.accounts.get(address) ?? vm.account(publicKeyBytes(address)),
      { encoding: config.accounts.encoding ?? 'base64' }, lookup));
  };

  const simulationValue = (outcome, config = {}) => ({
    err: outcome.err,
    logs: outcome.logs,
    accounts: simulatedAccounts(outcome, config),
    unitsConsumed: outcome.unitsConsumed,
    loadedAccountsDataSize: 0,
    returnData: outcome.returnData,
    innerInstructions: config.innerInstructions ? outcome.innerInstructions : null,
    replacementBlockhash: config.replaceRecentBlockhash
      ? { blockhash: chain.slots.latestBlockhash, lastValidBlockHeight: chain.slots.lastValidBlockHeight }
      : null,
  });

  const refuseBadSignature = (outcome) => {
    if (outcome.err === 'SignatureFailure') {
      throw new RpcError(codes.signatureVerificationFailure, 'Transaction signature verification failure');
    }
  };

  const preflight = (raw, transaction) => {
    const outcome = chain.simulate(raw, transaction, { sigVerify: true });
    refuseBadSignature(outcome);
    if (outcome.err === null) return;
    throw new RpcError(codes.preflightFailure,
      `Transaction simulation failed: ${describeTransactionError(outcome.err)}`, simulationValue(outcome));
  };

  return {
    sendTransaction: async ([text, config]) => {
      checkMinContextSlot(chain, config);
      const raw = decodeTransaction(text, config?.encoding);
      const transaction = parseTransaction(raw);
      if (!config?.skipPreflight) preflight(raw, transaction);
      const fate = faults.draw();
      if (!fate.dropped) chain.process(raw, transaction);
      if (fate.twice) faults.again(chain.slotMs, () => chain.process(raw, transaction) !== null);
      await chain.flushed();
      await faults.beforeAnswer(fate);
      return transaction.signature;
    },

    simulateTransaction: ([text, config = {}]) => {
      checkMinContextSlot(chain, config);
      if (config.sigVerify && config.replaceRecentBlockhash) {
        throw new RpcError(codes.invalidParams, 'sigVerify may not be used with replaceRecentBlockhash');
      }
      let raw = decodeTransaction(text, config.encoding);
      const transaction = parseTransaction(raw);
      if (config.replaceRecentBlockhash) {
        raw = Buffer.from(raw);
        base58Bytes(chain.slots.latestBlockhash).copy(raw, transaction.blockhashOffset);
      }
      const outcome = chain.simulate(raw, transaction,
        { sigVerify: config.sigVerify === true, checkBlockhash: !config.replaceRecentBlockhash });
      refuseBadSignature(outcome);
      return withContext(chain, simulationValue(outcome, config));
    },

    getFeeForMessage: ([text]) => {
      if (typeof text !== 'string') throw invalidParams('expected a base64 message');
      const message = parseMessage(Buffer.from(text, 'base64'));
      return withContext(chain, chain.slots.isValid(message.blockhash) ? feeOf(message) : null);
    },

    requestAirdrop: async ([address, lamports]) => {
      const to = publicKeyBytes(address);
      if (!Number.isInteger(lamports) || lamports <= 0) throw invalidParams('expected lamports');
      const entry = chain.airdrop(to, BigInt(lamports));
      if (!entry) throw new RpcError(codes.internal, 'airdrop request failed: the faucet could not make this transfer');
      await chain.flushed();
      return entry.signature;
    },
  };
}

module.exports = { transactionMethods };
