// Compares the results of one program with the host's.
//   node compare.cjs FOLDER EXPECTED FIRST   prints a line for each seed that differs, and "counts AGREE DIFFER"
const fs = require('node:fs');
const { machines } = require('./machines.cjs');

async function compare(folder, expected, first) {
  const lines = fs.readFileSync(expected, 'utf8').trim().split('\n').map((line) => line.split(' '));
  const differing = [];
  const all = Object.entries(await machines(folder, lines.length, lines[0].length));
  for (const [which, results] of lines.entries()) {
    for (const [name, run] of all) {
      for (const [input, wanted] of results.entries()) {
        const got = run(which, input);
        if (got !== wanted) differing.push({ seed: first + which, text: `seed ${first + which}, input ${input}: the host ${wanted}, ${name} ${got}` });
      }
    }
  }
  const seeds = new Set(differing.map((d) => d.seed));
  return { agree: lines.length - seeds.size, differing };
}

module.exports = { compare };
if (require.main === module) {
  const [folder, expected, first] = process.argv.slice(2);
  compare(folder, expected, Number(first)).then(({ agree, differing }) => {
    for (const { text } of differing) console.log(text);
    console.log(`counts ${agree} ${new Set(differing.map((d) => d.seed)).size}`);
    process.exit(differing.length > 0 ? 1 : 0);
  }, (error) => { console.error(error); process.exit(2); });
}
