'use strict';

// Faults for chaos tests (only with --faults): what sendTransaction does wrong on purpose.

const timers = require('node:timers/promises');
const { invalidParams } = require('./rpc-error.cjs');

const MAX_COUNT = 1_000_000;
const MAX_DELAY_MS = 600_000;

/** Thrown to have the connection reset instead of answered. */
class ConnectionReset extends Error {}

class Faults {
  #state = { dropNext: 0, unknownNext: 0, delayMs: 0, dropPerMille: 0, unknownPerMille: 0, twicePerMille: 0, seed: 0 };
  #counts = { sent: 0, dropped: 0, unknown: 0, twice: 0, tookTwice: 0 };
  #random = new Random(0);

  /** Sets any of the faults; returns what is in force, and what was done so far. */
  set(wanted) {
    for (const [name, value] of Object.entries(wanted)) {
      if (!Object.hasOwn(this.#state, name)) throw invalidParams(`unknown fault ${name}`);
      const most = { delayMs: MAX_DELAY_MS, dropPerMille: 1000, unknownPerMille: 1000, twicePerMille: 1000 }[name] ?? MAX_COUNT;
      if (!Number.isInteger(value) || value < 0 || value > most) throw invalidParams(`${name} must be 0 to ${most}`);
    }
    Object.assign(this.#state, wanted);
    if (wanted.seed !== undefined) this.#random = new Random(wanted.seed);
    return { ...this.#state, ...this.#counts };
  }

  /** What happens to one transaction: it is dropped, its answer is lost, or the network delivers it a second time. */
  draw() {
    this.#counts.sent++;
    const fate = {
      dropped: this.#take('dropNext') || this.#hits('dropPerMille'),
      unknown: this.#take('unknownNext') || this.#hits('unknownPerMille'),
      twice: this.#hits('twicePerMille'),
    };
    fate.twice &&= !fate.dropped; // what never arrived does not arrive twice
    for (const name of Object.keys(fate)) this.#counts[name] += fate[name] ? 1 : 0;
    return fate;
  }

  /** Delays the answer, or resets the connection so that the caller cannot know what became of it. */
  async beforeAnswer({ unknown }) {
    if (this.#state.delayMs > 0) await timers.setTimeout(this.#state.delayMs);
    if (unknown) throw new ConnectionReset();
  }

  /** Delivers the same bytes again, in a later slot; that the chain takes them again is counted, and must never be. */
  again(slotMs, deliver) {
    timers.setTimeout(2 * slotMs, undefined, { ref: false }).then(() => { this.#counts.tookTwice += deliver() ? 1 : 0; });
  }

  #hits(name) {
    // One draw for each, whether it is in force or not: the fates of the other transactions do not depend on it.
    const drawn = this.#random.next() * 1000;
    return drawn < this.#state[name];
  }

  #take(name) {
    if (this.#state[name] === 0) return false;
    this.#state[name]--;
    return true;
  }
}

/** Repeatable from a seed (mulberry32): numbers from 0 to below 1. */
class Random {
  #state;

  constructor(seed) {
    this.#state = seed;
  }

  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
}

module.exports = { Faults, ConnectionReset };
