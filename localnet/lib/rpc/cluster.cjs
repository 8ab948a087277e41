'use strict';

// Methods about the cluster and its clock.

const { commitmentIn, slotAt } = require('../commitment.cjs');
const { RpcError, codes, invalidParams } = require('../rpc-error.cjs');
const { SLOTS_PER_EPOCH } = require('../vm.cjs');
const { withContext, checkMinContextSlot } = require('./context.cjs');

const VERSION = { 'solana-core': '3.0.0-localnet', 'feature-set': 0 };
const IDENTITY = '11111111111111111111111111111112'; // nobody: there is no validator

function clusterMethods(chain) {
  const tip = (config) => {
    checkMinContextSlot(chain, config);
    return slotAt(commitmentIn(config), chain.slots.current, chain.finalizedAfter);
  };
  return {
    getHealth: () => 'ok',
    getVersion: () => VERSION,
    getGenesisHash: () => chain.genesis,
    getIdentity: () => ({ identity: IDENTITY }),
    getSlotLeader: () => IDENTITY,
    getClusterNodes: () => [],
    getFirstAvailableBlock: () => 0,
    getTransactionCount: () => chain.history.size,
    // No slot is ever skipped while the node runs, and the clock goes on while it does not:
    // the height of a block is its slot.
    getSlot: ([config]) => tip(config),
    getBlockHeight: ([config]) => tip(config),
    getEpochInfo: ([config]) => {
      const slot = tip(config);
      return {
        absoluteSlot: slot,
        blockHeight: slot,
        epoch: Math.floor(slot / SLOTS_PER_EPOCH),
        slotIndex: slot % SLOTS_PER_EPOCH,
        slotsInEpoch: SLOTS_PER_EPOCH,
        transactionCount: chain.history.size,
      };
    },
    getEpochSchedule: () => ({
      slotsPerEpoch: SLOTS_PER_EPOCH,
      leaderScheduleSlotOffset: SLOTS_PER_EPOCH,
      warmup: false,
      firstNormalEpoch: 0,
      firstNormalSlot: 0,
    }),
    getLatestBlockhash: ([config]) => {
      checkMinContextSlot(chain, config);
      return withContext(chain, {
        blockhash: chain.slots.latestBlockhash,
        lastValidBlockHeight: chain.slots.lastValidBlockHeight,
      });
    },
    isBlockhashValid: ([blockhash]) => {
      if (typeof blockhash !== 'string') throw invalidParams('expected a blockhash');
      return withContext(chain, chain.slots.isValid(blockhash));
    },
    getBlockTime: ([slot]) => {
      if (!Number.isInteger(slot) || slot < 0) throw invalidParams('expected a slot');
      const time = chain.slots.unixTimestamp(slot);
      if (time === null) throw new RpcError(codes.blockNotAvailable, `Block not available for slot ${slot}`);
      return time;
    },
    getRecentPrioritizationFees: () => [{ slot: chain.slots.current, prioritizationFee: 0 }],
    getRecentPerformanceSamples: () => [],
  };
}

module.exports = { clusterMethods };
