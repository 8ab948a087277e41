'use strict';

// Faults for chaos tests (only with --faults): what sendTransaction does wrong on purpose.

const timers = require('node:timers/promises');
const { invalidParams } = require('./rpc-error.cjs');

const MAX_COUNT = 1_000_000;
const MAX_DELAY_MS = 600_000;

/** Thrown to have the connection reset instead of answered. */
class ConnectionReset extends Error {}

class Faults {
  #state = { dropNext: 0, unknownNext: 0, delayMs: 0 };

  /** Sets any of dropNext, unknownNext, delayMs; returns what is in force. */
  set(wanted) {
    for (const [name, value] of Object.entries(wanted)) {
      const most = name === 'delayMs' ? MAX_DELAY_MS : MAX_COUNT;
      if (!Object.hasOwn(this.#state, name)) throw invalidParams(`unknown fault ${name}`);
      if (!Number.isInteger(value) || value < 0 || value > most) throw invalidParams(`${name} must be 0 to ${most}`);
    }
    Object.assign(this.#state, wanted);
    return { ...this.#state };
  }

  /** Whether this transaction is to be answered but never processed. */
  takeDrop() {
    return this.#take('dropNext');
  }

  /** Delays the answer, or resets the connection so that the caller cannot know what became of it. */
  async beforeAnswer() {
    const unknown = this.#take('unknownNext');
    if (this.#state.delayMs > 0) await timers.setTimeout(this.#state.delayMs);
    if (unknown) throw new ConnectionReset();
  }

  #take(name) {
    if (this.#state[name] === 0) return false;
    this.#state[name]--;
    return true;
  }
}

module.exports = { Faults, ConnectionReset };
