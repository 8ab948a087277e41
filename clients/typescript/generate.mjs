// Writes schema.d.ts from ../openapi.json, which a test of the API holds to what the server serves.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const HEADER = '// Made by generate.mjs from ../openapi.json: ./hn docs writes it anew.\n\n';

/** @returns {Promise<string>} the types as they should be */
export async function generate() {
  const document = JSON.parse(await readFile(new URL('../openapi.json', import.meta.url), 'utf8'));
  return HEADER + astToString(await openapiTS(document));
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  await writeFile(new URL('schema.d.ts', import.meta.url), await generate());
}
