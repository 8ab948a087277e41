'use strict';

// The virtual machine: LiteSVM (Agave's SVM in process), narrowed to what a node needs of it.
// Blockhash age and duplicate signatures are judged by the chain, which knows slots and remembers
// every signature; LiteSVM knows a single blockhash. So both of its own checks are off.

const { Account, FailedTransactionMetadata, LiteSvm } = require('litesvm/dist/internal.js');
const { toBase58, exists } = require('./encoding.cjs');
const { transactionErrorToJson } = require('./errors.cjs');

const LOG_BYTES_LIMIT = 10_000n; // Agave's own limit of a transaction's logs
const LOOKUP_TABLE_HEADER_BYTES = 56;
const SLOTS_PER_EPOCH = 432_000;

class Vm {
  #svm;

  constructor(svm) {
    this.#svm = svm;
    svm.setTransactionHistory(0n);
    svm.setBlockhashCheck(false);
    svm.setLogBytesLimit(LOG_BYTES_LIMIT);
  }

  static fresh() {
    return new Vm(new LiteSvm());
  }

  static load(path) {
    return new Vm(LiteSvm.loadFromFile(path));
  }

  save(path) {
    this.#svm.saveToFile(path);
  }

  /** The account at a 32-byte address, or null. */
  account(address) {
    const account = this.#svm.getAccount(address);
    return exists(account) ? account : null;
  }

  balance(address) {
    return this.#svm.getBalance(address) ?? 0n;
  }

  /** [{address, account}] of every account that the program owns. */
  programAccounts(programId) {
    return this.#svm.getProgramAccounts(programId)
      .map((item) => ({ address: item.address, account: item.account() }))
      .filter((item) => exists(item.account));
  }

  rentExemptMinimum(bytes) {
    return this.#svm.minimumBalanceForRentExemption(BigInt(bytes));
  }

  setAccount(address, { lamports, data, owner, executable }) {
    this.#svm.setAccount(address, new Account(BigInt(lamports), data, owner, executable, 0n));
  }

  /** Moves the Clock and SlotHashes sysvars to `slot`; `slotHashes` are the slots before it, newest first. */
  enterSlot(slot, unixTimestamp, slotHashes) {
    const clock = this.#svm.getClock();
    const epoch = BigInt(Math.floor(slot / SLOTS_PER_EPOCH));
    clock.slot = BigInt(slot);
    clock.epoch = epoch;
    clock.leaderScheduleEpoch = epoch + 1n;
    clock.unixTimestamp = BigInt(unixTimestamp);
    this.#svm.setClock(clock);
    this.#svm.setSlotHashes(slotHashes.map((item) => ({ slot: BigInt(item.slot), hash: item.hash })));
  }

  /** Runs a transaction and keeps its effects. */
  execute(raw) {
    const result = this.#svm.sendVersionedTransaction(raw);
    const failed = result instanceof FailedTransactionMetadata;
    return outcome(failed ? result.err() : null, failed ? result.meta() : result);
  }

  /** Runs a transaction and forgets its effects; `accounts` maps addresses to their states after it. */
  simulate(raw, { sigVerify }) {
    this.#svm.setSigverify(sigVerify);
    try {
      const result = this.#svm.simulateVersionedTransaction(raw);
      const failed = result instanceof FailedTransactionMetadata;
      const accounts = new Map(failed ? [] : result.postAccounts().map((item) => [toBase58(item.address), item.account()]));
      return { ...outcome(failed ? result.err() : null, result.meta()), accounts };
    } finally {
      this.#svm.setSigverify(true);
    }
  }

  /** The addresses that a v0 transaction takes from lookup tables. */
  loadedAddresses(transaction) {
    const loaded = { writable: [], readonly: [] };
    for (const lookup of transaction.lookups) {
      const table = this.account(lookup.table);
      const data = table ? table.data() : new Uint8Array(0);
      const at = (index) => data.subarray(LOOKUP_TABLE_HEADER_BYTES + index * 32, LOOKUP_TABLE_HEADER_BYTES + (index + 1) * 32);
      loaded.writable.push(...lookup.writableIndexes.map(at));
      loaded.readonly.push(...lookup.readonlyIndexes.map(at));
    }
    const complete = [...loaded.writable, ...loaded.readonly].every((key) => key.length === 32);
    return complete ? loaded : { writable: [], readonly: [] };
  }
}

function outcome(error, meta) {
  return {
    err: transactionErrorToJson(error),
    logs: meta.logs(),
    unitsConsumed: Number(meta.computeUnitsConsumed()),
    returnData: returnData(meta.returnData()),
    innerInstructions: meta.innerInstructions()
      .map((list, index) => ({ index, instructions: list.map(innerInstruction) }))
      .filter((item) => item.instructions.length > 0),
  };
}

function returnData(value) {
  const data = value.data();
  if (data.length === 0) return null;
  return { programId: toBase58(value.programId()), data: [Buffer.from(data).toString('base64'), 'base64'] };
}

function innerInstruction(inner) {
  const compiled = inner.instruction();
  return {
    programIdIndex: compiled.programIdIndex(),
    accounts: [...compiled.accounts()],
    data: toBase58(compiled.data()),
    stackHeight: inner.stackHeight(),
  };
}

module.exports = { Vm, SLOTS_PER_EPOCH };
