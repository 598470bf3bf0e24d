import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What the bootstrap scripts decide by: when node_modules and dist count as stale, and who may work on them. */

interface BuildRecord {
  settings: string;
  stamp: string;
  console: string;
  sources: string[];
}

interface Scripts {
  dependenciesStamp(root: string, machine?: { platform: string; arch: string }): string;
  listBuildSources(root: string): string[];
  contentStamp(root: string, files: string[]): string;
  installedTreeMatchesLock(root: string): boolean;
  canRunAsItIs(root: string): boolean;
  isCurrent(built: BuildRecord | undefined, wanted: BuildRecord): boolean;
  mayBuildOnto(built: BuildRecord | undefined, wanted: BuildRecord): boolean;
  exclusively<T>(key: string, work: () => T | Promise<T>, options?: { waitMsMax?: number }): Promise<T>;
}

const scriptsFolder = join(__dirname, '..', '..', 'scripts', 'bootstrap');

let scripts: Scripts;
let root: string;

beforeAll(async () => {
  const files = ['stamp', 'installed-tree', 'ensure-built', 'exclusive', 'ready'].map((name) =>
    join(scriptsFolder, `${name}.mjs`),
  );
  const modules = await Promise.all(files.map(async (file) => (await import(file)) as Partial<Scripts>));
  scripts = Object.assign({}, ...modules) as Scripts;
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hotsplit-spec-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(path: string, content: unknown): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
}

describe('the stamp of node_modules', () => {
  const manifest = { version: '1.0.0', scripts: { test: 'x' }, dependencies: { a: '1.0.0' } };

  beforeEach(() => {
    write('package.json', manifest);
    write('package-lock.json', { packages: {} });
  });

  it('stays as it is when only scripts or the version change', () => {
    const before = scripts.dependenciesStamp(root);
    write('package.json', { ...manifest, version: '2.0.0', scripts: {} });
    expect(scripts.dependenciesStamp(root)).toBe(before);
  });

  it.each([
    ['dependencies', { ...manifest, dependencies: { a: '1.0.1' } }],
    ['devDependencies', { ...manifest, devDependencies: { b: '1.0.0' } }],
    ['overrides', { ...manifest, overrides: { c: '1.0.0' } }],
  ])('changes with %s', (_field, changed) => {
    const before = scripts.dependenciesStamp(root);
    write('package.json', changed);
    expect(scripts.dependenciesStamp(root)).not.toBe(before);
  });

  it('changes with the lock file, and with its absence', () => {
    const before = scripts.dependenciesStamp(root);
    write('package-lock.json', { packages: { x: {} } });
    const changed = scripts.dependenciesStamp(root);
    rmSync(join(root, 'package-lock.json'));
    expect(new Set([before, changed, scripts.dependenciesStamp(root)]).size).toBe(3);
  });

  it('differs between platforms, whose binaries differ', () => {
    const stamps = [
      { platform: 'linux', arch: 'x64' },
      { platform: 'linux', arch: 'arm64' },
      { platform: 'darwin', arch: 'arm64' },
    ].map((machine) => scripts.dependenciesStamp(root, machine));
    expect(new Set(stamps).size).toBe(3);
  });
});

describe('a node_modules without a stamp', () => {
  const locked = { version: '1.0.0', integrity: 'sha512-a' };

  beforeEach(() => {
    write('package.json', { dependencies: { a: '1.0.0' } });
    write('package-lock.json', {
      packages: {
        '': { dependencies: { a: '1.0.0' } },
        'node_modules/a': locked,
        'node_modules/for-another-platform': { ...locked, optional: true },
      },
    });
    write('node_modules/.package-lock.json', { packages: { 'node_modules/a': locked } });
  });

  it('is taken as it is when it holds what the lock file asks for', () => {
    expect(scripts.installedTreeMatchesLock(root)).toBe(true);
  });

  it.each([
    ['a package is missing', 'node_modules/.package-lock.json', { packages: {} }],
    [
      'a package has another version',
      'node_modules/.package-lock.json',
      { packages: { 'node_modules/a': { ...locked, version: '1.0.1' } } },
    ],
    [
      'package.json asks for what the lock file does not know',
      'package.json',
      { dependencies: { a: '1.0.0', b: '1.0.0' } },
    ],
  ])('is not when %s', (_case, file, content) => {
    write(file, content);
    expect(scripts.installedTreeMatchesLock(root)).toBe(false);
  });
});

describe('the sources of a build', () => {
  beforeEach(() => {
    write('src/main.ts', 'main');
    write('src/ledger/money.ts', 'money');
    write('src/ledger/money.spec.ts', 'spec');
    write('migrations/dialect.ts', 'dialect');
    write('packages/client/package.json', '{}');
  });

  it('are all files of src, migrations, packages, tools and what the tests share with them but the specs', () => {
    expect(scripts.listBuildSources(root)).toEqual([
      'migrations/dialect.ts',
      'packages/client/package.json',
      'src/ledger/money.ts',
      'src/main.ts',
    ]);
  });

  it('have a stamp that follows contents and names, not modification times', () => {
    const stamp = () => scripts.contentStamp(root, scripts.listBuildSources(root));
    const before = stamp();
    utimesSync(join(root, 'src/main.ts'), 1, 1);
    expect(stamp()).toBe(before);
    write('src/main.ts', 'other');
    const edited = stamp();
    write('src/main.ts', 'main');
    expect(stamp()).toBe(before);
    rmSync(join(root, 'src/main.ts'));
    write('src/start.ts', 'main');
    expect(new Set([before, edited, stamp()]).size).toBe(3);
  });
});

describe('a build', () => {
  const wanted: BuildRecord = { settings: 's', stamp: 't', console: 'c', sources: ['src/a.ts', 'src/b.ts'] };

  it('is current only if it was finished with these sources and settings', () => {
    expect(scripts.isCurrent(wanted, wanted)).toBe(true);
    expect(scripts.isCurrent({ ...wanted, stamp: 'older' }, wanted)).toBe(false);
    expect(scripts.isCurrent({ ...wanted, settings: 'older' }, wanted)).toBe(false);
    expect(scripts.isCurrent({ ...wanted, console: 'older' }, wanted)).toBe(false);
    expect(scripts.isCurrent(undefined, wanted)).toBe(false);
  });

  it('continues an earlier one to which sources were added', () => {
    expect(scripts.mayBuildOnto({ ...wanted, sources: ['src/a.ts'] }, wanted)).toBe(true);
  });

  it('starts from nothing after an interruption, a removed source or changed settings', () => {
    expect(scripts.mayBuildOnto(undefined, wanted)).toBe(false);
    expect(scripts.mayBuildOnto({ ...wanted, sources: ['src/a.ts', 'src/removed.ts'] }, wanted)).toBe(false);
    expect(scripts.mayBuildOnto({ ...wanted, settings: 'older' }, wanted)).toBe(false);
  });
});

describe('exclusively', () => {
  it('lets one in after the other', async () => {
    const key = randomUUID();
    const order: string[] = [];
    let letFirstGo = (): void => undefined;
    const first = scripts.exclusively(key, async () => {
      order.push('first in');
      await new Promise<void>((resolve) => (letFirstGo = resolve));
      order.push('first out');
    });
    const second = scripts.exclusively(key, () => order.push('second in'));
    letFirstGo();
    await Promise.all([first, second]);
    expect(order).toEqual(['first in', 'first out', 'second in']);
  });

  it('gives up, naming the owner, after the time it was given', async () => {
    const key = randomUUID();
    await scripts.exclusively(key, async () => {
      const second = scripts.exclusively(key, () => undefined, { waitMsMax: 0 });
      await expect(second).rejects.toThrow(`process ${process.pid} has held`);
    });
  });

  it('lets go when the work fails', async () => {
    const key = randomUUID();
    const failing = scripts.exclusively(key, () => Promise.reject(new Error('failed')));
    await expect(failing).rejects.toThrow('failed');
    await expect(scripts.exclusively(key, () => 'in')).resolves.toBe('in');
  });

  it('takes over from an owner that was killed', async () => {
    const key = randomUUID();
    const file = pathToFileURL(join(scriptsFolder, 'exclusive.mjs')).href;
    const dieInside = `
      import { exclusively } from ${JSON.stringify(file)};
      await exclusively(${JSON.stringify(key)}, () => process.kill(process.pid, 'SIGKILL'));`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', dieInside]);
    expect(signal).toBe('SIGKILL');
    await expect(scripts.exclusively(key, () => 'in', { waitMsMax: 1_000 })).resolves.toBe('in');
  });
});

describe('a command that only asks a service', () => {
  it('runs what is installed and built, also when the sources or the lock file have changed since', () => {
    expect(scripts.canRunAsItIs(root)).toBe(false);
    write('node_modules/node/bin/node', '');
    expect(scripts.canRunAsItIs(root)).toBe(false);
    write('dist/.hotsplit-build.json', { settings: 'old', stamp: 'old', sources: [] });
    expect(scripts.canRunAsItIs(root)).toBe(true);
  });

  it('installs and builds nothing by way of anything else', () => {
    const command = readFileSync(join(scriptsFolder, '..', 'hotsplit.mjs'), 'utf8');
    expect(command).toContain('await readyAsItIs();');
    expect(command).not.toMatch(/ready\(\)|ensure/);
  });
});
