'use strict';

// Slots, their times and their blockhashes, as pure functions of a few anchors.
//
// An anchor says "slot S began at chain time T, and slots last D"; each is a ledger record, so a replay
// sees the very clock that the first run saw. Chain time is the wall clock plus the skew of test warps.
// A blockhash is SHA-256(domain | genesis | slot): slots never repeat, so neither do blockhashes, and
// one that a client fetched before a crash is still good (or has honestly expired) after it.

const crypto = require('node:crypto');
const { toBase58, base58Bytes } = require('./encoding.cjs');

const MAX_PROCESSING_AGE = 150;
const SLOT_HASHES = 512;
const HASH_DOMAIN = 'hypernode-localnet/blockhash/v1';
// How far chain time may drift from the wall clock (a step by NTP, a suspended laptop) before a new anchor.
const MAX_DRIFT_MS = 1000;

class Slots {
  #genesis;
  #anchors = [];
  #hashes = new Map(); // slot -> blockhash, the last SLOT_HASHES + 1 of them
  #slotsByHash = new Map();

  constructor(genesis) {
    this.#genesis = base58Bytes(genesis);
    this.current = 0;
  }

  get anchor() {
    return this.#anchors[this.#anchors.length - 1];
  }

  /** anchor: {slot, ms (chain time), slotMs, skewMs}. */
  addAnchor(anchor) {
    this.#anchors.push(anchor);
  }

  /**
   * The anchor of a start at `wallMs`: past every slot that can have begun before the last process ended,
   * as if the cluster had gone on without us.
   */
  anchorAfterDowntime(wallMs, slotMs) {
    const last = this.anchor;
    if (!last) return { slot: 1, ms: wallMs, slotMs, skewMs: 0 };
    const elapsed = Math.max(0, wallMs - (last.ms - last.skewMs)) + MAX_DRIFT_MS;
    const slot = Math.max(this.current, last.slot + Math.ceil(elapsed / last.slotMs)) + 1;
    return { slot, ms: wallMs + last.skewMs, slotMs, skewMs: last.skewMs };
  }

  /** Chain time in ms at which a slot began, or null if it has not. */
  beganAt(slot) {
    if (slot > this.current) return null;
    const anchor = this.#anchors.findLast((item) => item.slot <= slot);
    return anchor ? anchor.ms + (slot - anchor.slot) * anchor.slotMs : null;
  }

  unixTimestamp(slot = this.current) {
    const ms = this.beganAt(slot);
    return ms === null ? null : Math.floor(ms / 1000);
  }

  driftedFrom(wallMs) {
    return Math.abs(wallMs + this.anchor.skewMs - this.beganAt(this.current)) > MAX_DRIFT_MS + this.anchor.slotMs;
  }

  enter(slot) {
    this.current = slot;
    const oldest = Math.max(0, slot - SLOT_HASHES);
    for (const [old, hash] of this.#hashes) {
      if (old >= oldest) break;
      this.#hashes.delete(old);
      this.#slotsByHash.delete(hash);
    }
    // Ascending, so that the map's order stays that of the slots.
    for (let missing = Math.max(oldest, this.#newestHashed() + 1); missing <= slot; missing++) {
      const hash = this.#hashOf(missing);
      this.#hashes.set(missing, hash);
      this.#slotsByHash.set(hash, missing);
    }
  }

  #newestHashed() {
    let newest = -1;
    for (const slot of this.#hashes.keys()) newest = slot;
    return newest;
  }

  #hashOf(slot) {
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(BigInt(slot));
    return toBase58(crypto.createHash('sha256').update(HASH_DOMAIN).update(this.#genesis).update(number).digest());
  }

  get latestBlockhash() {
    return this.#hashes.get(this.current);
  }

  /** The last block height at which a transaction with the current blockhash is accepted. */
  get lastValidBlockHeight() {
    return this.current + MAX_PROCESSING_AGE;
  }

  isValid(blockhash) {
    const slot = this.#slotsByHash.get(blockhash);
    return slot !== undefined && this.current <= slot + MAX_PROCESSING_AGE;
  }

  /** [{slot, hash}] of the finished slots, newest first, as the SlotHashes sysvar has them. */
  slotHashes() {
    return [...this.#hashes].filter(([slot]) => slot < this.current).map(([slot, hash]) => ({ slot, hash })).reverse();
  }
}

module.exports = { Slots };
