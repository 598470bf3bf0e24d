import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generatedFiles } from '../../tools/docs/generated-files';
import { generatedParts, type GeneratedPart, withPart } from '../../tools/docs/generated-parts';

const ROOT = resolve(__dirname, '../..');
const NAMED_METRIC = /name: '(hotsplit_\w+)'/g;

describe('the parts of the docs that are made from the code', () => {
  let parts: readonly GeneratedPart[];

  beforeAll(async () => {
    parts = await generatedParts();
  });

  test.each([
    ...['settings', 'fixed bounds', 'errors', 'metrics'],
    ...['commands', 'exit codes', 'events', 'event envelope', 'event data'],
  ])('%s are what npm run docs:generate would write now', (name) => {
    const part = parts.find((each) => each.name === name) as GeneratedPart;
    const page = readFileSync(join(ROOT, part.page), 'utf8');
    expect(page).toBe(withPart(page, part));
  });

  test.each(generatedFiles())('include the whole of $file', ({ file, text }) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toBe(text);
  });

  test('have every metric that the code names', () => {
    const named = sourcesIn(join(ROOT, 'src')).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(NAMED_METRIC)].map(([, name]) => name),
    );
    expect(named.length).toBeGreaterThan(25);
    const table = parts.find(({ name }) => name === 'metrics')?.text;
    for (const name of named) expect(table).toContain(`\`${name}\``);
  });

  test('fail by name where a page has no place for one', () => {
    const part = { page: 'docs/x.md', name: 'settings', text: '' };
    expect(() => withPart('# X', part)).toThrow('docs/x.md has no place for the generated part "settings"');
  });
});

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => join(folder, name));
}
