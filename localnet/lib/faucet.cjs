'use strict';

// The faucet: an account that exists from genesis on and whose key follows from the genesis hash.
// An airdrop is an ordinary signed transfer from it, so it has a signature, logs and a place in the
// ledger like any other. A memo with a running number keeps two equal airdrops apart.

const crypto = require('node:crypto');
const { base58Bytes } = require('./encoding.cjs');

// 9 million SOL: the largest round sum whose lamports a JavaScript client still reads exactly.
const FAUCET_LAMPORTS = 9_000_000_000_000_000n;
const SYSTEM_PROGRAM = Buffer.alloc(32);
const MEMO_PROGRAM = base58Bytes('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr');
const PKCS8_ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

class Faucet {
  #key;

  constructor(genesis) {
    const seed = crypto.createHash('sha256').update('hypernode-localnet/faucet/v1').update(base58Bytes(genesis)).digest();
    this.#key = crypto.createPrivateKey({ key: Buffer.concat([PKCS8_ED25519_PREFIX, seed]), format: 'der', type: 'pkcs8' });
    this.address = crypto.createPublicKey(this.#key).export({ format: 'der', type: 'spki' }).subarray(-32);
  }

  /** A signed transaction that gives `lamports` to a 32-byte address. */
  transfer(to, lamports, blockhash, number) {
    const data = Buffer.alloc(12);
    data.writeUInt32LE(2, 0); // SystemInstruction::Transfer
    data.writeBigUInt64LE(lamports, 4);
    const memo = Buffer.from(`airdrop ${number}`);
    const message = Buffer.concat([
      Buffer.from([1, 0, 2]), // one signer; the two programs are read-only
      Buffer.from([4]), this.address, to, SYSTEM_PROGRAM, MEMO_PROGRAM,
      base58Bytes(blockhash),
      Buffer.from([2]),
      Buffer.from([2, 2, 0, 1, data.length]), data,
      Buffer.from([3, 0, memo.length]), memo,
    ]);
    return Buffer.concat([Buffer.from([1]), crypto.sign(null, message, this.#key), message]);
  }
}

module.exports = { Faucet, FAUCET_LAMPORTS };
