'use strict';

const { RpcError, codes } = require('../rpc-error.cjs');

const API_VERSION = '3.0.0';

/** A value with the slot that it was read in. Reads serve the newest state, whatever the commitment. */
const withContext = (chain, value) => ({ context: { apiVersion: API_VERSION, slot: chain.slots.current }, value });

function checkMinContextSlot(chain, config) {
  if (config?.minContextSlot > chain.slots.current) {
    throw new RpcError(codes.minContextSlotNotReached, 'Minimum context slot has not been reached',
      { contextSlot: chain.slots.current });
  }
}

module.exports = { withContext, checkMinContextSlot };
