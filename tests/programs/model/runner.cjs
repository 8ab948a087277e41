// Plays the money model's sequences on the virtual machine: one JSON line in (`{ steps }`), one out (`{ start, results }`).
// The first line out says what is there at the beginning. Ends with its standard input.
const { createInterface } = require('node:readline');
const { Stage } = require('./stage.cjs');

const stage = new Stage();
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
say(stage.facts());
createInterface({ input: process.stdin }).on('line', (line) => {
  const { steps } = JSON.parse(line);
  const start = stage.reset();
  say({ start, results: steps.map((step, i) => stage.apply(step, i === steps.length - 1)) });
});
