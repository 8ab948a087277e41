'use strict';

// The append-only log: one JSON record a line, `CRC32-hex JSON\n`.
//
// A record is written (page cache) before anyone can see its effect, so a killed process loses nothing
// that was visible; it is fsynced, many at a time, before it is answered or counts as confirmed, so a
// power cut loses nothing that was promised. A write or sync that fails ends the process: what is in
// memory could no longer be trusted to be on disk, and a second fsync would lie about the first.

const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { toJson } = require('./encoding.cjs');

const CRC_CHARS = 8;
const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

const checksum = (body) => zlib.crc32(body).toString(16).padStart(CRC_CHARS, '0');

function decodeLine(line) {
  if (line.length <= CRC_CHARS || line[CRC_CHARS] !== 0x20) return null;
  const body = line.subarray(CRC_CHARS + 1);
  if (line.toString('latin1', 0, CRC_CHARS) !== checksum(body)) return null;
  return JSON.parse(body.toString('utf8'));
}

/** Every line of a file with its offset; the last may lack its newline (`complete: false`). */
function* lines(fd) {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  let restOffset = 0;
  for (let position = 0; ;) {
    const read = fs.readSync(fd, chunk, 0, CHUNK_BYTES, position);
    if (read === 0) break;
    position += read;
    const data = Buffer.concat([rest, chunk.subarray(0, read)]);
    let start = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
      yield { offset: restOffset + start, line: data.subarray(start, end), complete: true };
      start = end + 1;
    }
    rest = data.subarray(start);
    restOffset += start;
  }
  if (rest.length > 0) yield { offset: restOffset, line: rest, complete: false };
}

class Ledger {
  #fd;
  #size;
  #written = 0; // records handed to the file, in this process
  #durable = 0; // of which fsynced
  #syncing = false;
  #waiters = [];
  #onFatal;

  constructor(fd, size, nextNumber, onFatal) {
    this.#fd = fd;
    this.#size = size;
    this.nextNumber = nextNumber;
    this.#onFatal = onFatal;
  }

  /**
   * Opens (or creates) the log and hands each record to `onRecord(record, position)` in order.
   * A torn tail is cut off; damage before good records is refused, for it means lost history.
   */
  static open(directory, onRecord, onFatal) {
    const file = path.join(directory, 'ledger.log');
    const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    let end = 0;
    let next = 0;
    let torn = null;
    for (const { offset, line, complete } of lines(fd)) {
      const record = complete ? decodeLine(line) : null;
      if (record && torn !== null) {
        throw new Error(`${file}: the record at byte ${torn} is damaged, but good records follow it`);
      }
      if (!record) {
        torn ??= offset;
        continue;
      }
      if (record.n !== next) throw new Error(`${file}: record ${next} is missing (found ${record.n} at byte ${offset})`);
      onRecord(record, { offset, length: line.length });
      next++;
      end = offset + line.length + 1;
    }
    if (torn !== null) fs.ftruncateSync(fd, end);
    return new Ledger(fd, end, next, onFatal);
  }

  /** Appends a record (it gets its number) and returns {number, position}; not yet durable: see flushed(). */
  append(record) {
    const number = this.nextNumber;
    const body = Buffer.from(toJson({ n: number, ...record }));
    const line = Buffer.concat([Buffer.from(`${checksum(body)} `), body, Buffer.from('\n')]);
    const position = { offset: this.#size, length: line.length - 1 };
    try {
      for (let done = 0; done < line.length;) {
        done += fs.writeSync(this.#fd, line, done, line.length - done, this.#size + done);
      }
    } catch (error) {
      this.#onFatal(new Error(`the ledger cannot be written: ${error.message}`));
      throw error;
    }
    this.#size += line.length;
    this.nextNumber = number + 1;
    this.#written++;
    return { number, position };
  }

  /** Resolves once everything appended so far is on disk; calls that overlap share an fsync. */
  flushed() {
    if (this.#durable === this.#written) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ upTo: this.#written, resolve });
      this.#sync();
    });
  }

  #sync() {
    if (this.#syncing) return;
    this.#syncing = true;
    const upTo = this.#written;
    fs.fdatasync(this.#fd, (error) => {
      this.#syncing = false;
      if (error) {
        this.#onFatal(new Error(`the ledger cannot be synced: ${error.message}`));
        return;
      }
      this.#settle(upTo);
      if (this.#waiters.length > 0) this.#sync();
    });
  }

  #settle(upTo) {
    this.#durable = Math.max(this.#durable, upTo);
    const ready = this.#waiters.filter((waiter) => waiter.upTo <= this.#durable);
    this.#waiters = this.#waiters.filter((waiter) => waiter.upTo > this.#durable);
    for (const waiter of ready) waiter.resolve();
  }

  /** As flushed(), at once: before a snapshot, which must never be ahead of the log. */
  flushNow() {
    fs.fdatasyncSync(this.#fd);
    this.#settle(this.#written);
  }

  /** The record at a position that append() or open() gave. */
  read({ offset, length }) {
    const line = Buffer.alloc(length);
    fs.readSync(this.#fd, line, 0, length, offset);
    const record = decodeLine(line);
    if (!record) throw new Error(`the ledger's record at byte ${offset} is damaged`);
    return record;
  }
}

module.exports = { Ledger };
