import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const PACKAGE = join(process.env['HOTSPLIT_TEST_DIST'] ?? join(ROOT, 'dist'), 'packages/client');
const BYTES_MAX = 1_000_000;

const CONSUMER = `
import { HotsplitClient, InsufficientFundsError, type DeductionResult } from 'hotsplit-client';

export async function pay(): Promise<bigint | undefined> {
  const client = new HotsplitClient({ endpoints: 'http://127.0.0.1:8080', apiKey: 'key' });
  try {
    const { amount, replayed }: DeductionResult = await client.deduct({ accountId: 'a', amount: 250n });
    for await (const { createdAt } of client.entries({ accountId: 'a' })) createdAt.getTime();
    return replayed ? 0n : amount;
  } catch (error) {
    if (error instanceof InsufficientFundsError) return error.available;
    throw error;
  } finally {
    await client.close();
  }
}
// @ts-expect-error amounts are exact
void new HotsplitClient({ endpoints: [], apiKey: 'key' }).deduct({ accountId: 'a', amount: true });
`;

interface Manifest {
  readonly version: string;
  readonly dependencies?: object;
}

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** The package that users install: packed, and installed into an empty project that knows nothing of this checkout. */
describe('the client’s package in an empty project', () => {
  let folder: string;
  let project: string;
  let packed: Packed;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-consumer-'));
    const home = join(folder, 'home');
    project = join(folder, 'project');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "name": "consumer", "private": true }');
    const npm = (cwd: string, ...args: string[]): string =>
      run('npm', args, { cwd, HOME: home, npm_config_cache: join(home, 'npm') });
    [packed] = JSON.parse(npm(folder, 'pack', PACKAGE, '--json')) as [Packed];
    // Offline: what it would need from elsewhere is not there.
    npm(project, 'install', '--offline', '--no-audit', '--no-fund', join(folder, packed.filename));
    // Of every TypeScript project on Node; only their place differs.
    const types = join(project, 'node_modules/@types/node');
    cpSync(join(ROOT, 'node_modules/@types/node'), types, { recursive: true });
    cpSync(join(ROOT, 'node_modules/undici-types'), join(project, 'node_modules/undici-types'), {
      recursive: true,
    });
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is small, without dependencies, and of the service’s version', () => {
    const manifest = manifestOf(join(project, 'node_modules/hotsplit-client'));
    expect(manifest.version).toBe(manifestOf(ROOT).version);
    expect(manifest.dependencies).toBeUndefined();
    expect(packed.unpackedSize).toBeLessThan(BYTES_MAX);
    const kinds = new Set(
      packed.files.map(({ path }) => /(LICENSE|\.md|\.json|(\.d)?\.m?[jt]s)$/.exec(path)?.[0]),
    );
    expect([...kinds].sort()).toEqual(['.d.mts', '.d.ts', '.js', '.json', '.md', '.mjs', 'LICENSE']);
  });

  describe.each(['typescript', 'earlier-typescript'])('has types for %s', (compiler) => {
    const isOld = manifestOf(join(ROOT, 'node_modules', compiler)).version.startsWith('5.');

    it.each([
      ['commonjs', 'node10'],
      ['node16', 'node16'],
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
      ['preserve', 'bundler'],
    ])('module %s, moduleResolution %s', (module, resolution) => {
      // Where the kind of a module does not decide, the plain name is the usual one.
      const files = module.startsWith('node') ? ['pay.cts', 'pay.mts'] : ['pay.ts'];
      for (const file of files) writeFileSync(join(project, file), CONSUMER);
      const compilerOptions = {
        ...{ strict: true, noEmit: true, skipLibCheck: false, target: 'es2022', lib: ['es2022'] },
        ...{ module, moduleResolution: resolution, types: ['node'] },
        ...(resolution === 'node10' && !isOld && { ignoreDeprecations: '6.0' }),
      };
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
      const tsc = join(ROOT, 'node_modules', compiler, 'bin/tsc');
      expect(run(process.execPath, [tsc], { cwd: project })).toBe('');
    });
  });

  it.each([
    ['use.cjs', "const { HotsplitClient, HotsplitError } = require('hotsplit-client');"],
    ['use.mjs', "import { HotsplitClient, HotsplitError } from 'hotsplit-client';"],
  ])('runs from %s, under the pinned Node and the machine’s own', (file, load) => {
    const use = `
      const client = new HotsplitClient({ endpoints: 'http://127.0.0.1:1', apiKey: 'key' });
      client.deduct({ accountId: 'a', amount: 1, timeoutMs: 30 }).catch(async (error) => {
        console.log(error instanceof HotsplitError, error.requestId.length);
        await client.close();
      });`;
    writeFileSync(join(project, file), load + use);
    for (const node of [process.execPath, 'node'])
      expect(run(node, [file], { cwd: project })).toBe('true 36\n');
  });

  it('has the same classes for both kinds of modules', () => {
    const compare = `
      import { createRequire } from 'node:module';
      import * as imported from 'hotsplit-client';
      const required = createRequire(import.meta.url)('hotsplit-client');
      const names = Object.keys(required);
      console.log(names.length > 20, names.filter((name) => imported[name] !== required[name]).join());`;
    writeFileSync(join(project, 'compare.mjs'), compare);
    expect(run(process.execPath, ['compare.mjs'], { cwd: project })).toBe('true \n');
  });

  it('is what the repository’s own npm pack names, which packs nothing', () => {
    expect(() => run('npm', ['pack', '--dry-run'], { cwd: ROOT })).toThrow(/dist\/packages\/client/);
  });
});

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function run(command: string, args: readonly string[], options: { cwd: string } & NodeJS.ProcessEnv): string {
  const { cwd, ...env } = options;
  // Where npm runs this, its own folder with the pinned Node stands first.
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((each) => !each.includes('node_modules'));
  const pinned = dirname(process.execPath);
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      PATH: [...path, pinned].join(delimiter),
      ...env,
    },
  });
}
