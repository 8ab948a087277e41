'use strict';

// There is no consensus here; commitments follow the slots alone, in Solana's order and pace.

const { invalidParams } = require('./rpc-error.cjs');

const COMMITMENTS = ['processed', 'confirmed', 'finalized'];
const FINALIZED_AFTER_SLOTS = 32; // Solana's; a node may be told to take longer

/** The highest commitment that something of `entry.slot` has reached when the chain is in `slot`. */
function commitmentOf(entry, slot, finalizedAfter = FINALIZED_AFTER_SLOTS) {
  // What is not on disk yet could still be lost, so it may not count as confirmed, however old it is.
  if (!entry.durable || slot <= entry.slot) return 'processed';
  return slot >= entry.slot + finalizedAfter ? 'finalized' : 'confirmed';
}

const reached = (actual, wanted) => COMMITMENTS.indexOf(actual) >= COMMITMENTS.indexOf(wanted);

/** The slot that a caller with this commitment sees as the tip. */
function slotAt(commitment, slot, finalizedAfter = FINALIZED_AFTER_SLOTS) {
  const behind = { processed: 0, confirmed: 1, finalized: finalizedAfter }[commitment];
  return Math.max(0, slot - behind);
}

/** A request's commitment; Solana's default is finalized. */
function commitmentIn(config) {
  const commitment = config?.commitment ?? 'finalized';
  if (!COMMITMENTS.includes(commitment)) throw invalidParams(`unknown commitment ${commitment}`);
  return commitment;
}

module.exports = { COMMITMENTS, FINALIZED_AFTER_SLOTS, commitmentOf, reached, slotAt, commitmentIn };
