'use strict';

// Snapshots of the virtual machine's state beside the log: `snapshot-N.svm` holds it after record N.
// They only save time: any of them may be deleted, and the log is replayed from further back.

const fs = require('node:fs');
const path = require('node:path');
const { Vm } = require('./vm.cjs');

const KEPT = 2;
const NAME = /^snapshot-(\d+)\.svm$/;
const UNFINISHED = /^snapshot-\d+\.svm\.tmp$/;

class Snapshots {
  #directory;

  constructor(directory) {
    this.#directory = directory;
    for (const name of fs.readdirSync(directory)) {
      if (UNFINISHED.test(name)) fs.rmSync(path.join(directory, name));
    }
  }

  #list() {
    return fs.readdirSync(this.#directory)
      .map((name) => ({ name, number: Number(NAME.exec(name)?.[1] ?? -1) }))
      .filter((item) => item.number >= 0)
      .sort((a, b) => b.number - a.number);
  }

  /** The newest loadable state no younger than record `last`: {vm, number}, or null. `warn` hears of damaged ones. */
  load(last, warn) {
    for (const { name, number } of this.#list()) {
      if (number > last) continue;
      try {
        return { vm: Vm.load(path.join(this.#directory, name)), number };
      } catch (error) {
        warn(`${name} is passed over: ${error.message}`);
      }
    }
    return null;
  }

  /** Writes the state after record `number`: complete or not at all (temporary file, fsync, rename). */
  save(vm, number) {
    const file = path.join(this.#directory, `snapshot-${number}.svm`);
    const temporary = `${file}.tmp`;
    vm.save(temporary);
    syncPath(temporary);
    fs.renameSync(temporary, file);
    syncPath(this.#directory);
    for (const { name } of this.#list().slice(KEPT)) fs.rmSync(path.join(this.#directory, name));
  }
}

function syncPath(file) {
  const fd = fs.openSync(file, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

module.exports = { Snapshots, syncPath };
