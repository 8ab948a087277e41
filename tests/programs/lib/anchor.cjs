// Anchor's wire format, for whichever program: account metas, instructions, accounts and events.
const { PublicKey, TransactionInstruction } = require('@solana/web3.js');
const { sha256 } = require('./intents.cjs');

const UPGRADEABLE_LOADER = new PublicKey('BPFLoaderUpgradeab1e11111111111111111111111');
const programDataAddress = (program) => PublicKey.findProgramAddressSync([program.toBuffer()], UPGRADEABLE_LOADER)[0];

const readOnly = (pubkey) => ({ pubkey, isSigner: false, isWritable: false });
const writable = (pubkey) => ({ pubkey, isSigner: false, isWritable: true });
const signer = (pubkey) => ({ pubkey, isSigner: true, isWritable: false });
const writableSigner = (pubkey) => ({ pubkey, isSigner: true, isWritable: true });
const discriminator = (name) => sha256(name).subarray(0, 8);

const u16 = (value) => { const b = Buffer.alloc(2); b.writeUInt16LE(value); return b; };

/** `(name, accounts, ...arguments)` gives an instruction of `program`. */
const instructionsOf = (program) => (name, keys, ...args) =>
  new TransactionInstruction({ programId: program, keys, data: Buffer.concat([discriminator(`global:${name}`), ...args]) });

function reader(data) {
  let at = 0;
  const take = (n) => { at += n; if (at > data.length) throw new Error('too short'); return data.subarray(at - n, at); };
  return {
    bytes: (n) => Buffer.from(take(n)), key: () => new PublicKey(take(32)), u8: () => take(1)[0], u16: () => take(2).readUInt16LE(),
    u32: () => take(4).readUInt32LE(), u64: () => take(8).readBigUInt64LE(), i64: () => Number(take(8).readBigInt64LE()),
    end: () => { if (at !== data.length) throw new Error(`${data.length - at} bytes left`); },
  };
}

/** `name` is "account:Name" or "event:Name"; `fields` reads what follows its discriminator, to the end. */
function decode(data, name, fields) {
  const r = reader(Buffer.from(data));
  if (!r.bytes(8).equals(discriminator(name))) throw new Error(`not ${name}`);
  const value = fields(r);
  r.end();
  return value;
}

/** The events in a transaction's log lines, as `{ name, ...fields }`; `events` has a reader for each name. */
function eventsIn(logs, events) {
  const data = logs.filter((line) => line.startsWith('Program data: ')).map((line) => Buffer.from(line.slice(14), 'base64'));
  return data.map((bytes) => {
    const name = Object.keys(events).find((event) => discriminator(`event:${event}`).equals(bytes.subarray(0, 8)));
    return { name, ...decode(bytes, `event:${name}`, events[name]) };
  });
}

module.exports = {
  UPGRADEABLE_LOADER, programDataAddress, readOnly, writable, signer, writableSigner, discriminator, u16, instructionsOf, decode, eventsIn,
};
