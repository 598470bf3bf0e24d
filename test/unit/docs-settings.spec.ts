import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '../../src/platform/settings';
import { tableWith } from '../setup/markdown-tables';

const OPERATIONS = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');

describe('the table of settings in docs/operations.md', () => {
  const rows = tableWith(OPERATIONS, ['variable', 'default', 'meaning']);
  const settings = Object.values<{ variable: string; fallback: string | undefined; meaning: string }>(
    SETTINGS,
  );

  test('names every setting once, in the order of the code, and no other', () => {
    expect(rows.map((row) => row['variable'])).toEqual(settings.map(({ variable }) => variable));
  });

  test.each(settings)('says of $variable what the code says', ({ variable, fallback, meaning }) => {
    const row = rows.find((each) => each['variable'] === variable);
    expect(row).toMatchObject({ default: fallback ?? 'none', meaning });
  });
});
