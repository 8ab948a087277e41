'use strict';

// One node a folder. The lock is a socket in Linux's abstract namespace, named after the folder: the
// kernel frees it with the process, however that ended, so no stale lock file can outlive a kill -9.

const crypto = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const timers = require('node:timers/promises');

const WAIT_MS = 5000; // a killed predecessor may take a moment to be gone
const RETRY_MS = 50;

/** Resolves to a function that releases the folder. */
async function lockDirectory(directory) {
  if (process.platform !== 'linux') return () => {};
  const { dev, ino } = fs.statSync(directory);
  const name = crypto.createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32);
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    try {
      const server = await listen(`\0hypernode-localnet-${name}`);
      return () => server.close();
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
      if (performance.now() > deadline) throw new Error(`another localnet is using ${directory}`);
      await timers.setTimeout(RETRY_MS);
    }
  }
}

function listen(path) {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

module.exports = { lockDirectory };
