'use strict';

// JSON-RPC over HTTP, single requests and batches; loopback only.

const http = require('node:http');
const { toJson } = require('./encoding.cjs');
const { ConnectionReset } = require('./faults.cjs');
const { codes } = require('./rpc-error.cjs');

const MAX_BODY_BYTES = 1 << 20;
const MAX_BATCH = 1000;

function readBody(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => resolve(size <= MAX_BODY_BYTES ? Buffer.concat(chunks) : null));
    request.on('error', reject);
  });
}

const failure = (code, message) => ({ jsonrpc: '2.0', id: null, error: { code, message } });

async function answer(body, call) {
  let parsed;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return failure(codes.parse, 'Parse error');
  }
  if (!Array.isArray(parsed)) return call(parsed);
  if (parsed.length === 0 || parsed.length > MAX_BATCH) return failure(codes.invalidRequest, 'Invalid request');
  return Promise.all(parsed.map(call));
}

function createRpcServer(call) {
  return http.createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-headers', 'content-type, solana-client');
      response.setHeader('access-control-allow-methods', 'POST, GET');
      response.end();
      return;
    }
    if (request.method !== 'POST') {
      response.statusCode = request.url === '/health' ? 200 : 405;
      response.end(request.url === '/health' ? 'ok' : 'POST a JSON-RPC request');
      return;
    }
    try {
      const body = await readBody(request);
      if (body === null) {
        response.statusCode = 413;
        response.end();
        return;
      }
      const text = toJson(await answer(body, call));
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.end(text);
    } catch (error) {
      // Either a fault that was asked for, or a caller that went away: no answer in both cases.
      if (error instanceof ConnectionReset) request.socket.resetAndDestroy();
      else request.socket.destroy();
    }
  });
}

module.exports = { createRpcServer };
