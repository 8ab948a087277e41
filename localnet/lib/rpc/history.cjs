'use strict';

// Methods about past transactions.

const { commitmentIn, reached } = require('../commitment.cjs');
const { publicKeyBytes, toBase58 } = require('../encoding.cjs');
const { RpcError, codes, invalidParams } = require('../rpc-error.cjs');
const { isWritable, parseTransaction } = require('../transaction.cjs');
const { withContext } = require('./context.cjs');

const MAX_STATUSES = 256;
const MAX_SIGNATURES = 1000;
// Without searchTransactionHistory a status is found only this long, as in Agave's status cache.
const STATUS_CACHE_SLOTS = 300;

const statusOf = (err) => (err ? { Err: err } : { Ok: null });

function signatureStatus(chain, entry) {
  const commitment = chain.commitmentOf(entry);
  return {
    slot: entry.slot,
    confirmations: commitment === 'finalized' ? null : chain.slots.current - entry.slot,
    err: entry.err,
    status: statusOf(entry.err),
    confirmationStatus: commitment,
  };
}

function checkCommitment(config) {
  const commitment = commitmentIn(config);
  if (commitment === 'processed') throw invalidParams('Method does not support commitment below `confirmed`');
  return commitment;
}

function encodeTransaction(raw, transaction, record, encoding) {
  if (encoding === 'base64') return [raw.toString('base64'), 'base64'];
  if (encoding === 'base58') return [toBase58(raw), 'base58'];
  if (encoding !== 'json' && encoding !== 'jsonParsed') throw invalidParams(`unknown encoding ${encoding}`);
  const parsed = encoding === 'jsonParsed';
  const keys = transaction.keys.map(toBase58);
  const loaded = record.loadedAddresses;
  const allKeys = [...keys, ...loaded.writable, ...loaded.readonly];
  const message = {
    header: transaction.header,
    accountKeys: parsed ? parsedKeys(transaction, keys, loaded) : keys,
    recentBlockhash: transaction.blockhash,
    instructions: transaction.instructions.map((instruction) => (parsed
      ? {
        programId: allKeys[instruction.programIdIndex],
        accounts: instruction.accounts.map((index) => allKeys[index]),
        data: toBase58(instruction.data),
        stackHeight: 1,
      }
      : { ...instruction, data: toBase58(instruction.data), stackHeight: 1 })),
  };
  if (parsed) delete message.header;
  if (transaction.version !== 'legacy') {
    message.addressTableLookups = transaction.lookups.map((item) => ({
      accountKey: toBase58(item.table),
      writableIndexes: item.writableIndexes,
      readonlyIndexes: item.readonlyIndexes,
    }));
  }
  return { signatures: transaction.signatures.map(toBase58), message };
}

function parsedKeys(transaction, keys, loaded) {
  const fromTable = (writable) => (pubkey) => ({ pubkey, signer: false, writable, source: 'lookupTable' });
  return [
    ...keys.map((pubkey, index) => ({
      pubkey,
      signer: index < transaction.header.numRequiredSignatures,
      writable: isWritable(transaction, index),
      source: 'transaction',
    })),
    ...loaded.writable.map(fromTable(true)),
    ...loaded.readonly.map(fromTable(false)),
  ];
}

const lamports = (balance) => (typeof balance === 'string' ? BigInt(balance) : balance);

function metaOf(record) {
  return {
    err: record.err,
    status: statusOf(record.err),
    fee: record.fee,
    preBalances: record.preBalances.map(lamports),
    postBalances: record.postBalances.map(lamports),
    preTokenBalances: record.preTokenBalances,
    postTokenBalances: record.postTokenBalances,
    innerInstructions: record.innerInstructions,
    logMessages: record.logs,
    rewards: [],
    loadedAddresses: record.loadedAddresses,
    computeUnitsConsumed: record.unitsConsumed,
    ...(record.returnData ? { returnData: record.returnData } : {}),
  };
}

function historyMethods(chain) {
  return {
    getSignatureStatuses: ([signatures, config]) => {
      if (!Array.isArray(signatures)) throw invalidParams('expected a list of signatures');
      if (signatures.length > MAX_STATUSES) {
        throw new RpcError(codes.invalidParams, `Too many inputs provided; max ${MAX_STATUSES}`);
      }
      const oldest = config?.searchTransactionHistory ? 0 : chain.slots.current - STATUS_CACHE_SLOTS;
      return withContext(chain, signatures.map((signature) => {
        const entry = chain.history.get(signature);
        return entry && entry.slot >= oldest ? signatureStatus(chain, entry) : null;
      }));
    },

    getSignaturesForAddress: ([address, config = {}]) => {
      publicKeyBytes(address);
      const commitment = checkCommitment(config);
      const limit = config?.limit ?? MAX_SIGNATURES;
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_SIGNATURES) {
        throw invalidParams(`Invalid limit; max ${MAX_SIGNATURES}`);
      }
      let entries = chain.history.mentioning(address);
      if (config?.before) {
        const index = entries.findIndex((entry) => entry.signature === config.before);
        entries = index < 0 ? [] : entries.slice(index + 1);
      }
      if (config?.until) {
        const index = entries.findIndex((entry) => entry.signature === config.until);
        if (index >= 0) entries = entries.slice(0, index);
      }
      return entries
        .filter((entry) => reached(chain.commitmentOf(entry), commitment))
        .slice(0, limit)
        .map((entry) => ({
          signature: entry.signature,
          slot: entry.slot,
          err: entry.err,
          memo: null,
          blockTime: entry.time,
          confirmationStatus: chain.commitmentOf(entry),
        }));
    },

    getTransaction: ([signature, options]) => {
      const config = typeof options === 'string' ? { encoding: options } : options ?? {};
      const commitment = checkCommitment(config);
      const entry = chain.history.get(signature);
      if (!entry || !reached(chain.commitmentOf(entry), commitment)) return null;
      const record = chain.recordOf(entry);
      const raw = Buffer.from(record.raw, 'base64');
      const transaction = parseTransaction(raw);
      if (transaction.version !== 'legacy' && !(config.maxSupportedTransactionVersion >= transaction.version)) {
        throw new RpcError(codes.unsupportedTransactionVersion,
          `Transaction version (${transaction.version}) is not supported by the requesting client. `
          + `Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${transaction.version}`);
      }
      return {
        slot: entry.slot,
        blockTime: entry.time,
        ...(config.maxSupportedTransactionVersion === undefined ? {} : { version: transaction.version }),
        transaction: encodeTransaction(raw, transaction, record, config.encoding ?? 'json'),
        meta: metaOf(record),
      };
    },
  };
}

module.exports = { historyMethods };
