import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const TYPES = join(process.env['HOTSPLIT_TEST_DIST'] ?? join(ROOT, 'dist'), 'packages/client');
const PAGE = join(ROOT, 'docs/client.md');
/** In the order of a reader: the client, what goes in and comes out, what is thrown. */
const FILES = [
  'client',
  'options',
  'retries',
  'amounts',
  'shapes',
  'history-shapes',
  'batch-answer',
  'problem',
  'errors',
];
const SECTION = /(?<=^## Signatures\n.*?^```ts\n).*?(?=^```$)/ms;

/** `docs/client.md` shows the declarations that the package has. */
it('docs/client.md has every signature of the client', () => {
  const page = readFileSync(PAGE, 'utf8');
  const signatures = FILES.map(declarations).join('\n');
  if (process.env['HOTSPLIT_TEST_WRITE_DOCS'] === '1')
    writeFileSync(
      PAGE,
      page.replace(SECTION, () => signatures),
    );
  expect(SECTION.exec(readFileSync(PAGE, 'utf8'))?.[0]).toBe(signatures);
});

it('docs/client.md has a signature of every name that the client exports', () => {
  const shown = SECTION.exec(readFileSync(PAGE, 'utf8'))?.[0] ?? '';
  const index = readFileSync(join(TYPES, 'index.d.ts'), 'utf8').replace(/\/\*.*?\*\//gs, '');
  const exported = [...index.matchAll(/\{(.*?)\}/gs)].flatMap(([, names = '']) => names.match(/\w+/g) ?? []);
  const names = exported.filter((name) => name !== 'type' && name !== 'ProblemCode');
  expect(names.length).toBeGreaterThan(40);
  for (const name of names) expect(shown).toMatch(new RegExp(`(class|interface|type) ${name}\\b`));
});

/** The exported classes, interfaces and types of one file, without comments. */
function declarations(file: string): string {
  const text = readFileSync(join(TYPES, `${file}.d.ts`), 'utf8')
    .replace(/^ *\/\*\*.*?\*\/\n/gms, '')
    .replace(/\b(shapes|past)\./g, '')
    .replace(/^ +#private;\n/gm, '');
  const found = text.match(/^export (?:type .*?;|(?:declare class|interface) .*?^})$/gms) ?? [];
  return found
    .filter((each) => !/ (ClientSettings|ItemOutcome|Problem|Retries)\b(?= [{=])/.test(each))
    .map((each) => `${each.replace(/^export (declare )?/, '').replaceAll('    ', '  ')}\n`)
    .join('');
}
