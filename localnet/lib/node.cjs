'use strict';

// A whole node in one object: chain, HTTP, WebSocket.

const fs = require('node:fs');
const { WebSocketServer } = require('ws');
const { Chain } = require('./chain.cjs');
const { Faults } = require('./faults.cjs');
const { lockDirectory } = require('./lock.cjs');
const { PubSub } = require('./pubsub.cjs');
const { createDispatcher } = require('./rpc/index.cjs');
const { createRpcServer } = require('./server.cjs');

const HOST = '127.0.0.1';
const PORT_PAIR_ATTEMPTS = 20;

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      resolve(server.address().port);
    });
  });
}

function listenWebSocket(port) {
  return new Promise((resolve, reject) => {
    const server = new WebSocketServer({ host: HOST, port, maxPayload: 1 << 20 });
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/** Listens on both ports. Clients assume that subscriptions are one port up, so a free pair is looked for. */
async function listenBoth(rpcServer, { port, wsPort }) {
  for (let attempt = 1; ; attempt++) {
    const rpcPort = await listen(rpcServer, port);
    try {
      return { rpcPort, wsServer: await listenWebSocket(wsPort ?? rpcPort + 1) };
    } catch (error) {
      await new Promise((resolve) => { rpcServer.close(resolve); });
      if (port !== 0 || wsPort !== undefined || attempt === PORT_PAIR_ATTEMPTS) throw error;
    }
  }
}

/** Starts a node; returns {rpc, ws, genesis, close()}. `onFatal(error)` must end the process. */
async function startNode(options, { warn, onFatal }) {
  fs.mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const unlock = await lockDirectory(options.data);
  const chain = new Chain({
    directory: options.data, slotMs: options.slotMs, snapshotEvery: options.snapshotEvery, finalizedAfter: options.finalizedAfter, warn,
  });
  chain.on('fatal', onFatal);
  const faults = new Faults();
  const call = createDispatcher(chain, faults,
    { faultsEnabled: options.faults, controlsEnabled: options.controls, warn });
  const rpcServer = createRpcServer(call);
  const { rpcPort, wsServer } = await listenBoth(rpcServer, options);
  const pubsub = new PubSub(chain);
  wsServer.on('connection', (socket) => pubsub.attach(socket));
  await chain.flushed();
  chain.start();

  return {
    rpc: `http://${HOST}:${rpcPort}`,
    ws: `ws://${HOST}:${wsServer.address().port}`,
    genesis: chain.genesis,
    close() {
      rpcServer.close();
      rpcServer.closeAllConnections();
      wsServer.close();
      for (const socket of wsServer.clients) socket.terminate();
      chain.close();
      unlock();
    },
  };
}

module.exports = { startNode };
