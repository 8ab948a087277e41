'use strict';

// The chain: a virtual machine, a clock of slots, and the ledger that both can be rebuilt from.
// Everything here is synchronous up to the point of durability, so requests never interleave.

const crypto = require('node:crypto');
const { EventEmitter } = require('node:events');
const { FINALIZED_AFTER_SLOTS, commitmentOf, reached } = require('./commitment.cjs');
const { toBase58 } = require('./encoding.cjs');
const { Faucet, FAUCET_LAMPORTS } = require('./faucet.cjs');
const { mockUsdc } = require('./mock-usdc.cjs');
const { History } = require('./history.cjs');
const { Ledger } = require('./ledger.cjs');
const { Slots } = require('./slots.cjs');
const { Snapshots, syncPath } = require('./snapshots.cjs');
const { balancesOf, holdingsOf, exact } = require('./balances.cjs');
const { feeOf, isWritable, parseTransaction } = require('./transaction.cjs');
const { Vm } = require('./vm.cjs');

const SYSTEM_PROGRAM = Buffer.alloc(32);
const LITESVM_VERSION = '1.5.0';

/**
 * Events: 'slot' {slot}; 'transaction' {entry, commitment}, once for each commitment that it reaches;
 * 'fatal' Error: the ledger can no longer be trusted, and the process must end.
 */
class Chain extends EventEmitter {
  #ledger;
  #snapshots;
  #faucet;
  #timer;
  #startedAt; // monotonic ms of the current anchor
  #awaiting = { confirmed: [], finalized: [] };
  #snapshotEvery;
  #sinceSnapshot = 0;
  #replayedSlot = -1;

  /** options: {directory, slotMs, snapshotEvery (records), finalizedAfter (slots), warn(text)}. */
  constructor({ directory, slotMs, snapshotEvery, finalizedAfter = FINALIZED_AFTER_SLOTS, warn }) {
    super();
    this.slotMs = slotMs;
    this.finalizedAfter = finalizedAfter;
    this.#snapshotEvery = snapshotEvery;
    this.history = new History();
    this.#snapshots = new Snapshots(directory);
    this.#recover(directory, warn);
    this.#anchorAt(this.slots.anchorAfterDowntime(Date.now(), slotMs));
    // What was confirmed but not yet finalized when the last process ended is finalized in this one.
    this.#awaiting.confirmed = this.history.since(this.slots.current - this.finalizedAfter);
    // A record, not a part of the genesis: ledgers that were begun before there was one get it too.
    if (!this.vm.account(mockUsdc.address)) this.setAccount(mockUsdc.address, mockUsdc.account());
  }

  // ---- recovery

  #recover(directory, warn) {
    const unapplied = [];
    this.#ledger = Ledger.open(directory, (record, position) => this.#index(record, position, unapplied),
      (error) => this.emit('fatal', error));
    if (!this.genesis) {
      this.genesis = toBase58(crypto.randomBytes(32));
      this.slots = new Slots(this.genesis);
      this.#ledger.append({ kind: 'genesis', genesis: this.genesis, litesvm: LITESVM_VERSION });
      this.#ledger.flushNow();
      syncPath(directory); // or a power cut could take the new file's name
    }
    this.#faucet = new Faucet(this.genesis);
    const snapshot = this.#snapshots.load(this.#ledger.nextNumber - 1, warn);
    this.vm = snapshot?.vm ?? this.#genesisVm();
    const from = snapshot?.number ?? -1;
    for (const { number, position } of unapplied) {
      if (number > from) this.#replay(this.#ledger.read(position));
    }
  }

  #genesisVm() {
    const vm = Vm.fresh();
    vm.setAccount(this.#faucet.address,
      { lamports: FAUCET_LAMPORTS, data: new Uint8Array(0), owner: SYSTEM_PROGRAM, executable: false });
    return vm;
  }

  /** First pass: what happened and when. The state itself comes from a snapshot and the records after it. */
  #index(record, position, unapplied) {
    switch (record.kind) {
      case 'genesis':
        this.genesis = record.genesis;
        this.slots = new Slots(record.genesis);
        break;
      case 'clock':
        this.slots.addAnchor(record);
        this.slots.current = record.slot;
        break;
      case 'transaction':
        this.history.add(entryOf(record, position, true));
        this.slots.current = record.slot;
        unapplied.push({ number: record.n, position });
        break;
      case 'account':
        unapplied.push({ number: record.n, position });
        break;
      default:
        throw new Error(`the ledger's record ${record.n} is of an unknown kind: ${record.kind}`);
    }
  }

  #replay(record) {
    if (record.kind === 'account') {
      this.vm.setAccount(Buffer.from(record.address, 'base64'), accountOf(record));
      return;
    }
    if (record.slot !== this.#replayedSlot) {
      this.#replayedSlot = record.slot;
      this.slots.enter(record.slot);
      this.vm.enterSlot(record.slot, record.time, this.slots.slotHashes());
    }
    const raw = Buffer.from(record.raw, 'base64');
    const outcome = this.vm.execute(raw);
    const keys = this.#keysOf(parseTransaction(raw));
    const same = JSON.stringify(outcome.err) === JSON.stringify(record.err)
      && JSON.stringify(balancesOf(this.vm, keys)) === JSON.stringify(record.postBalances);
    if (!same) throw new Error(`the ledger's record ${record.n} does not replay to what it says; was it written by another version?`);
  }

  // ---- time

  start() {
    this.#schedule();
  }

  #schedule() {
    const next = this.#startedAt + (this.slots.current - this.slots.anchor.slot + 1) * this.slotMs;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, next - performance.now()));
  }

  #tick() {
    const { anchor } = this.slots;
    const due = anchor.slot + Math.floor((performance.now() - this.#startedAt) / this.slotMs);
    if (due > this.slots.current) {
      const first = this.slots.current + 1;
      this.slots.enter(due);
      if (this.slots.driftedFrom(Date.now())) {
        this.#anchorAt({ slot: due, ms: Date.now() + anchor.skewMs, slotMs: this.slotMs, skewMs: anchor.skewMs });
      } else {
        this.#enterSlot();
      }
      for (let slot = first; slot <= due; slot++) this.emit('slot', { slot });
      this.#advanceCommitments();
    }
    this.#schedule();
  }

  #enterSlot() {
    this.vm.enterSlot(this.slots.current, this.slots.unixTimestamp(), this.slots.slotHashes());
  }

  #anchorAt(anchor) {
    this.#ledger.append({ kind: 'clock', ...anchor });
    this.slots.addAnchor(anchor);
    this.slots.enter(anchor.slot);
    this.#startedAt = performance.now();
    this.#enterSlot();
  }

  /** Test control: moves the chain's clock and slots ahead. */
  warp({ seconds = 0, slots = 0 }) {
    const skewMs = this.slots.anchor.skewMs + seconds * 1000;
    // Always a new slot: within one, the clock stands still.
    this.#anchorAt({ slot: this.slots.current + Math.max(1, slots), ms: Date.now() + skewMs, slotMs: this.slotMs, skewMs });
    this.#advanceCommitments();
    clearTimeout(this.#timer);
    this.#schedule();
    return this.flushed();
  }

  #advanceCommitments() {
    for (const commitment of ['confirmed', 'finalized']) {
      const waiting = this.#awaiting[commitment];
      this.#awaiting[commitment] = [];
      for (const entry of waiting) {
        if (!reached(commitmentOf(entry, this.slots.current, this.finalizedAfter), commitment)) {
          this.#awaiting[commitment].push(entry);
          continue;
        }
        if (commitment === 'confirmed') this.#awaiting.finalized.push(entry);
        this.emit('transaction', { entry, commitment });
      }
    }
  }

  // ---- transactions

  #keysOf(transaction) {
    const loaded = this.vm.loadedAddresses(transaction);
    return [...transaction.keys, ...loaded.writable, ...loaded.readonly];
  }

  /**
   * What would happen to the transaction now: {err, logs, unitsConsumed, ..., accounts}.
   * `checkBlockhash` is off where the caller had the blockhash replaced.
   */
  simulate(raw, transaction, { sigVerify, checkBlockhash = true }) {
    const outcome = this.vm.simulate(raw, { sigVerify });
    if (outcome.err === 'SignatureFailure') return outcome;
    const refused = checkBlockhash ? this.#refusal(transaction) : null;
    return refused ? { ...outcome, err: refused, logs: [], unitsConsumed: 0, returnData: null, innerInstructions: [], accounts: new Map() } : outcome;
  }

  #refusal(transaction) {
    if (!this.slots.isValid(transaction.blockhash)) return 'BlockhashNotFound';
    return this.history.get(transaction.signature) ? 'AlreadyProcessed' : null;
  }

  /**
   * Executes a transaction and appends it to the ledger. Null if it was dropped as a leader would drop it:
   * stale, seen before, or not even able to pay its fee. Await flushed() before telling anyone.
   */
  process(raw, transaction) {
    if (this.#refusal(transaction)) return null;
    const loaded = this.vm.loadedAddresses(transaction);
    const keys = [...transaction.keys, ...loaded.writable, ...loaded.readonly];
    const writable = (index) => (index < transaction.keys.length
      ? isWritable(transaction, index)
      : index < transaction.keys.length + loaded.writable.length);
    const before = holdingsOf(this.vm, keys);
    const outcome = this.vm.execute(raw);
    const after = holdingsOf(this.vm, keys, before, writable);
    // A failed transaction that paid its fee is part of the chain; one that paid nothing never was.
    if (outcome.err !== null && before.lamports[0] === after.lamports[0]) return null;
    const record = {
      kind: 'transaction',
      slot: this.slots.current,
      time: this.slots.unixTimestamp(),
      signature: transaction.signature,
      raw: raw.toString('base64'),
      ...outcome,
      fee: exact(feeOf(transaction)),
      preBalances: before.lamports,
      postBalances: after.lamports,
      preTokenBalances: before.tokens,
      postTokenBalances: after.tokens,
      loadedAddresses: { writable: loaded.writable.map(toBase58), readonly: loaded.readonly.map(toBase58) },
    };
    const { position } = this.#ledger.append(record);
    const entry = entryOf(record, position, false, transaction);
    this.history.add(entry);
    this.#afterMutation();
    this.flushed().then(() => {
      entry.durable = true;
      this.#awaiting.confirmed.push(entry);
      this.emit('transaction', { entry, commitment: 'processed' });
    });
    return entry;
  }

  airdrop(to, lamports) {
    const raw = this.#faucet.transfer(to, lamports, this.slots.latestBlockhash, this.#ledger.nextNumber);
    const entry = this.process(raw, parseTransaction(raw));
    return entry && entry.err === null ? entry : null;
  }

  /** Test control: puts an account in place, whatever was there. */
  setAccount(address, account) {
    this.vm.setAccount(address, account);
    this.#ledger.append({
      kind: 'account',
      slot: this.slots.current,
      address: address.toString('base64'),
      lamports: account.lamports.toString(),
      owner: account.owner.toString('base64'),
      data: account.data.toString('base64'),
      executable: account.executable,
    });
    this.#afterMutation();
    return this.flushed();
  }

  /** The full record of a transaction in the history. */
  recordOf(entry) {
    return this.#ledger.read(entry.position);
  }

  commitmentOf(entry) {
    return commitmentOf(entry, this.slots.current, this.finalizedAfter);
  }

  // ---- durability

  flushed() {
    return this.#ledger.flushed();
  }

  #afterMutation() {
    if (++this.#sinceSnapshot < this.#snapshotEvery) return;
    this.#sinceSnapshot = 0;
    setImmediate(() => this.snapshot());
  }

  snapshot() {
    this.#ledger.flushNow(); // a snapshot may never be ahead of the log
    this.#snapshots.save(this.vm, this.#ledger.nextNumber - 1);
  }

  /** Clean end: no further slots, everything on disk. */
  close() {
    clearTimeout(this.#timer);
    this.snapshot();
  }
}

function entryOf(record, position, durable, transaction = parseTransaction(Buffer.from(record.raw, 'base64'))) {
  const keys = transaction.keys.map(toBase58);
  return {
    signature: record.signature,
    slot: record.slot,
    time: record.time,
    err: record.err,
    writable: [...keys.filter((_, index) => isWritable(transaction, index)), ...record.loadedAddresses.writable],
    mentions: [...keys, ...record.loadedAddresses.writable, ...record.loadedAddresses.readonly],
    position,
    durable,
  };
}

function accountOf(record) {
  return {
    lamports: record.lamports,
    data: Buffer.from(record.data, 'base64'),
    owner: Buffer.from(record.owner, 'base64'),
    executable: record.executable,
  };
}

module.exports = { Chain };
