// A small set of the torture programs, linked already, so that no compiler is needed: what the chain computes is what the
// host computed when they were made. ./hn programs torture makes and compares as many new ones as one likes.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { machines } = require('./torture/machines.cjs');

const CORPUS = path.join(__dirname, 'torture/corpus');
const expected = fs.readFileSync(path.join(CORPUS, 'expected'), 'utf8').trim().split('\n').map((line) => line.split(' '));
const running = machines(CORPUS, expected.length, expected[0].length);

for (const name of ['LiteSVM v0', 'LiteSVM v3', 'bankrun v0']) {
  test(`random programs compute on ${name} what they compute on the host`, async () => {
    const run = (await running)[name];
    for (const [which, results] of expected.entries()) {
      for (const [input, wanted] of results.entries()) assert.equal(run(which, input), wanted, `function ${which}, input ${input}`);
    }
  });
}

test('a wrong result would be seen', async () => {
  const run = (await running)['LiteSVM v0'];
  assert.notEqual(run(0, 0), expected[0][1]);
  assert.notEqual(run(1, 0), expected[0][0]);
});
