import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { awaited } from '../setup/eventually';

const ROOT = resolve(__dirname, '../..');
/** What `npm run dev` needs of a checkout: the sources that a build is made from, the build, and what builds. */
const COPIED = [
  ...['src', 'migrations', 'tools', 'packages', 'test/setup', 'console'],
  ...['proto', 'scripts', 'dist'],
  ...['package.json', 'package-lock.json', '.swcrc', 'tsconfig.json', 'tsconfig.build.json'],
  ...['tsconfig.client.json', 'LICENSE'],
];

/** `npm run dev` in a checkout of its own, whose files may be changed. */
describe('npm run dev', () => {
  let folder: string;
  let dev: ChildProcess;
  let printed = '';
  const looks = new Set<() => void>();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-dev-'));
    for (const each of COPIED) cpSync(join(ROOT, each), join(folder, each), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    dev = spawn(process.execPath, [join(folder, 'scripts/dev.mjs')], {
      env: { PATH: process.env['PATH'], HOTSPLIT_HTTP_PORT: '0', HOTSPLIT_GRPC_PORT: '0' },
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [dev.stdout, dev.stderr])
      stream?.on('data', (part: Buffer) => {
        printed += part.toString();
        for (const look of looks) look();
      });
  });

  afterAll(async () => {
    const ended = new Promise((resolve) => dev.once('close', resolve));
    if (dev.exitCode === null) {
      dev.kill('SIGTERM');
      await awaited('the end of npm run dev', ended);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** Resolves with what the pattern finds in all that was printed from the last find on. */
  const prints = (what: string, pattern: RegExp): Promise<string> =>
    awaited(
      what,
      new Promise((found) => {
        const look = (): void => {
          const match = pattern.exec(printed);
          if (!match) return;
          looks.delete(look);
          printed = printed.slice(match.index + match[0].length);
          found(match[0]);
        };
        looks.add(look);
        look();
      }),
    );

  const edit = (change: (source: string) => string): void => {
    const file = join(folder, 'src/main.ts');
    const source = readFileSync(file, 'utf8');
    const changed = change(source);
    if (changed === source) throw new Error('the edit found nothing to change');
    writeFileSync(file, changed);
  };

  it('starts the service again when a source changes, with the change in it', async () => {
    await prints('the first start', /^REST .*\/v1$/m);
    edit((source) => source.replace('`REST  ', '`HTTP  '));
    await prints('the notice of the change', /^dev {3}src\/main\.ts changed; starting again$/m);
    await prints('the second start', /^HTTP .*\/v1$/m);
  });

  it('leaves the service as it is while a source does not compile', async () => {
    edit((source) => `${source})\n`);
    await prints('the notice of the fault', /^dev {3}does not compile:$/m);
    edit((source) => source.slice(0, -')\n'.length).replace('`HTTP  ', '`WEB   '));
    await prints('the start after the correction', /^WEB .*\/v1$/m);
  });
});
