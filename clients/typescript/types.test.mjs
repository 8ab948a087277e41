// The types are those of the document, and what uses them compiles.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { generate } from './generate.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

test('schema.d.ts is what the OpenAPI document makes', async () => {
  const kept = await readFile(new URL('schema.d.ts', import.meta.url), 'utf8');
  assert.equal(kept, await generate(), 'run ./hn docs');
});

test('the types and their example compile with --strict', async () => {
  const { stdout, code = 0 } = await promisify(execFile)('npx', ['--no-install', 'tsc', '-p', '.'], { cwd: here }).catch((failed) => failed);
  assert.deepEqual({ stdout, code }, { stdout: '', code: 0 });
});
