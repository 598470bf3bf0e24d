import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { generatedFiles } from './generated-files';
import { generatedParts, withPart } from './generated-parts';

/** The checkout that this build belongs to: `dist/tools/docs` is three levels down. */
const CHECKOUT = resolve(__dirname, '..', '..', '..');

/** Writes what the docs have from the code: tables of pages, and some files as a whole. A test compares the pages with the code. */
async function main(): Promise<void> {
  for (const part of await generatedParts()) {
    const file = resolve(CHECKOUT, part.page);
    const before = readFileSync(file, 'utf8');
    const after = withPart(before, part);
    if (after === before) continue;
    writeFileSync(file, after);
    console.log(`${part.page}: ${part.name}`);
  }
  for (const { file, text } of generatedFiles()) writeFileSync(resolve(CHECKOUT, file), text);
}

void main();
