'use strict';

// USDC as clients of the devnet know it: stock x402 clients pay in a stablecoin of their own list, named by its address, and
// nobody here has that address's key. So the mint is put there. Its authority's key follows from a text that everybody can
// read: anyone can make this money, and it is worth what that says.

const crypto = require('node:crypto');
const { base58Bytes } = require('./encoding.cjs');

const PKCS8_ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const DECIMALS = 6;
const RENT_EXEMPT_LAMPORTS = 1_461_600n;

const seed = crypto.createHash('sha256').update('hypernode-localnet/mock-usdc/v1').digest();
const key = crypto.createPrivateKey({ key: Buffer.concat([PKCS8_ED25519_PREFIX, seed]), format: 'der', type: 'pkcs8' });
const authority = crypto.createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);

/** A mint of the token program: its authority, nothing minted yet, nobody who could freeze it. */
function account() {
  const data = Buffer.alloc(82);
  data.writeUInt32LE(1, 0);
  authority.copy(data, 4);
  data[44] = DECIMALS;
  data[45] = 1; // initialized
  return { lamports: RENT_EXEMPT_LAMPORTS, owner: base58Bytes('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'), data, executable: false };
}

const mockUsdc = { address: base58Bytes('4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU'), authority, account };

module.exports = { mockUsdc };
