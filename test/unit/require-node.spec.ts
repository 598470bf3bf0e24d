import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeRefusal } from '../../src/require-node';

const CHECKOUT = join(__dirname, '..', '..');

const firstImport = (file: string): string | undefined =>
  /^import .*$/m.exec(readFileSync(join(CHECKOUT, file), 'utf8'))?.[0];

describe('a Node that is too old', () => {
  it('is refused with what is needed and where it is', () => {
    const refusal = nodeRefusal('20.20.2', '/usr/bin/node');
    expect(refusal).toContain('this needs Node 24 or later, and /usr/bin/node is Node 20.20.2');
    expect(refusal).toContain('node_modules/node/bin/node');
    expect(nodeRefusal('24.0.0', '')).toBeUndefined();
    expect(nodeRefusal('110.1.0', '')).toBeUndefined();
  });

  it.each(['src/main.ts', 'src/cli/main.ts'])('is looked for by %s before anything is loaded', (file) => {
    expect(firstImport(file)).toMatch(/^import '\.{1,2}\/require-node';$/);
  });

  // A script that imports nothing needs nothing.
  const scripts = [...globSync('scripts/*.mjs', { cwd: CHECKOUT }), 'scripts/servers/run.mjs'];
  it.each(scripts.filter((file) => firstImport(file) !== undefined))('is looked for by %s first', (file) => {
    expect(firstImport(file)).toMatch(/^import '\.{1,2}\/bootstrap\/require-node\.mjs';$/);
  });
});
