// Sentences about transactions.
const assert = require('node:assert/strict');

/** The transaction fails with `error`: an Anchor error's name, or a pattern over "#instruction reason". */
function refused(result, error) {
  assert.ok(!result.ok, `expected ${error}, but the transaction went through`);
  const matches = error instanceof RegExp ? error.test(result.error) : result.error === error;
  assert.ok(matches, `expected ${error}, got ${result.error}\n${result.logs.join('\n')}`);
}

/** The precompile itself refused, so no program ran: the error has an instruction's index and no log. */
function refusedByPrecompile(result, index = 0) {
  assert.ok(!result.ok, 'the precompile accepted it');
  assert.equal(result.index, index, result.error);
  assert.deepEqual(result.logs.filter((line) => /AnchorError/.test(line)), []);
}

module.exports = { refused, refusedByPrecompile };
