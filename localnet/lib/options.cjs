'use strict';

const { parseArgs } = require('node:util');

const HELP = `A Solana node for development and tests: Agave's virtual machine, no consensus, loopback only.

Usage: node localnet/main.cjs [options]

  --port N               JSON-RPC over HTTP; 0 takes a free one   (8899)
  --ws-port N            subscriptions over WebSocket             (port + 1)
  --data DIR             keep the ledger here; without it, in a temporary folder that ends with the node
  --slot-ms N            length of a slot in ms                   (400)
  --snapshot-every N     records between snapshots                (1000)
  --finalized-after N    slots from a block to its finality       (32)
  --parent-pid PID       end when this process has ended
  --until-stdin-closes   end when stdin closes
  --controls             allow localnet_warp and localnet_setAccount
  --faults               allow localnet_faults (chaos tests)
  --help                 this text

When ready it prints one line: {"rpc":"http://127.0.0.1:N","ws":"ws://127.0.0.1:M","genesis":"..."}

Examples:
  node localnet/main.cjs                                   at Solana's usual ports, forgetting everything
  node localnet/main.cjs --data .hypernode/ledger          goes on where it ended, even after kill -9
  node localnet/main.cjs --port 0 --until-stdin-closes     as the child of a test
  node localnet/main.cjs --port 0 --slot-ms 50 --controls  fast slots and time travel
`;

const OPTIONS = {
  port: { type: 'string', default: '8899' },
  'ws-port': { type: 'string' },
  data: { type: 'string' },
  'slot-ms': { type: 'string', default: '400' },
  'snapshot-every': { type: 'string', default: '1000' },
  'finalized-after': { type: 'string', default: '32' },
  'parent-pid': { type: 'string' },
  'until-stdin-closes': { type: 'boolean', default: false },
  controls: { type: 'boolean', default: false },
  faults: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

function wholeNumber(text, name, least, most) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) throw new Error(`--${name} must be ${least} to ${most}`);
  return value;
}

/** The command line's options; throws an Error fit for the user. */
function parseOptions(argv) {
  const { values } = parseArgs({ args: argv, options: OPTIONS, allowPositionals: false });
  const optional = (name, least, most) => (values[name] === undefined ? undefined : wholeNumber(values[name], name, least, most));
  return {
    help: values.help,
    port: wholeNumber(values.port, 'port', 0, 65_534),
    wsPort: optional('ws-port', 0, 65_535),
    data: values.data,
    slotMs: wholeNumber(values['slot-ms'], 'slot-ms', 5, 60_000),
    snapshotEvery: wholeNumber(values['snapshot-every'], 'snapshot-every', 1, 1_000_000),
    finalizedAfter: wholeNumber(values['finalized-after'], 'finalized-after', 1, 100_000),
    parentPid: optional('parent-pid', 1, 2 ** 31 - 1),
    untilStdinCloses: values['until-stdin-closes'],
    controls: values.controls,
    faults: values.faults,
  };
}

module.exports = { parseOptions, HELP };
