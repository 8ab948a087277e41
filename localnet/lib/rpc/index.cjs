'use strict';

// The dispatcher: one JSON-RPC request in, one response object out.

const { ConnectionReset } = require('../faults.cjs');
const { RpcError, codes } = require('../rpc-error.cjs');
const { accountMethods } = require('./accounts.cjs');
const { clusterMethods } = require('./cluster.cjs');
const { faultControls, testControls } = require('./controls.cjs');
const { historyMethods } = require('./history.cjs');
const { tokenMethods } = require('./tokens.cjs');
const { transactionMethods } = require('./transactions.cjs');

/** Returns `call(request)`; flags: {faultsEnabled, controlsEnabled, warn(text)}. */
function createDispatcher(chain, faults, { faultsEnabled, controlsEnabled, warn }) {
  const methods = new Map(Object.entries({
    ...clusterMethods(chain),
    ...accountMethods(chain),
    ...tokenMethods(chain),
    ...transactionMethods(chain, faults),
    ...historyMethods(chain),
    ...(controlsEnabled ? testControls(chain) : {}),
    ...(faultsEnabled ? faultControls(faults) : {}),
  }));

  return async function call(request) {
    const isRequest = request !== null && typeof request === 'object' && !Array.isArray(request);
    const head = { jsonrpc: '2.0', id: (isRequest ? request.id : null) ?? null };
    try {
      if (!isRequest || request.jsonrpc !== '2.0' || typeof request.method !== 'string') {
        throw new RpcError(codes.invalidRequest, 'Invalid request');
      }
      const method = methods.get(request.method);
      if (!method) throw new RpcError(codes.methodNotFound, 'Method not found');
      const params = request.params ?? [];
      if (!Array.isArray(params)) throw new RpcError(codes.invalidParams, 'Invalid params: expected a list');
      return { ...head, result: await method(params) };
    } catch (error) {
      if (error instanceof ConnectionReset) throw error;
      return { ...head, error: errorObject(error, request, warn) };
    }
  };
}

function errorObject(error, request, warn) {
  if (error instanceof RpcError) {
    return { code: error.code, message: error.message, ...(error.data === undefined ? {} : { data: error.data }) };
  }
  // A parameter of the wrong shape surfaces deep inside as one of these; a fault of ours may too, so it is told.
  warn(`${request.method}: ${error.stack}`);
  const fromParameters = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  return fromParameters
    ? { code: codes.invalidParams, message: `Invalid params: ${error.message}` }
    : { code: codes.internal, message: 'Internal error' };
}

module.exports = { createDispatcher };
