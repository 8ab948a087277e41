'use strict';

/**
 * Which transactions there were: by signature and by address, oldest first. What they did (logs,
 * balances) stays in the ledger's file and is read when asked for.
 * An entry: {signature, slot, time, err, writable: [address], mentions: [address], position, durable}.
 */
class History {
  #bySignature = new Map();
  #byAddress = new Map();

  get size() {
    return this.#bySignature.size;
  }

  add(entry) {
    this.#bySignature.set(entry.signature, entry);
    for (const address of new Set(entry.mentions)) {
      const list = this.#byAddress.get(address);
      if (list) list.push(entry);
      else this.#byAddress.set(address, [entry]);
    }
  }

  get(signature) {
    return this.#bySignature.get(signature);
  }

  /** Entries that mention the address, newest first. */
  mentioning(address) {
    return [...(this.#byAddress.get(address) ?? [])].reverse();
  }

  /** Entries of slots after `slot`, oldest first. */
  since(slot) {
    return [...this.#bySignature.values()].filter((entry) => entry.slot > slot);
  }
}

module.exports = { History };
