#!/usr/bin/env node
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseOptions, HELP } = require('./lib/options.cjs');

const PARENT_POLL_MS = 250;

const warn = (text) => process.stderr.write(`localnet: ${text}\n`);

function fail(error) {
  warn(error.message);
  process.exit(1);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Calls `end` once the parent is gone: its pid has vanished, or it left us to another process. */
function watchParent(pid, end) {
  const ownParent = process.ppid === pid;
  setInterval(() => {
    if (!isAlive(pid) || (ownParent && process.ppid !== pid)) end();
  }, PARENT_POLL_MS);
}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const temporary = options.data === undefined;
  if (temporary) options.data = fs.mkdtempSync(path.join(os.tmpdir(), 'hypernode-localnet-'));

  let node = null;
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    try {
      node?.close();
      if (temporary) fs.rmSync(options.data, { recursive: true, force: true });
    } catch (error) {
      fail(error);
    }
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
  process.stdout.on('error', end); // nobody reads us any more
  if (options.parentPid !== undefined) watchParent(options.parentPid, end);
  if (options.untilStdinCloses) process.stdin.on('close', end).on('end', end).resume();

  // Required late, so that --help and mistakes answer without loading the virtual machine.
  const { startNode } = require('./lib/node.cjs');
  node = await startNode(options, { warn, onFatal: fail });
  const { rpc, ws, genesis } = node;
  process.stdout.write(`${JSON.stringify({ rpc, ws, genesis })}\n`);
}

main().catch(fail);
