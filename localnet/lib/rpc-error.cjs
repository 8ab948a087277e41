'use strict';

/** An error in JSON-RPC's shape; the codes are those of Agave's RPC service. */
class RpcError extends Error {
  constructor(code, message, data) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const codes = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  preflightFailure: -32002,
  signatureVerificationFailure: -32003,
  blockNotAvailable: -32004,
  unsupportedTransactionVersion: -32015,
  minContextSlotNotReached: -32016,
};

const invalidParams = (message) => new RpcError(codes.invalidParams, `Invalid param: ${message}`);

module.exports = { RpcError, codes, invalidParams };
