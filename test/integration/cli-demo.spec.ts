import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { eventually } from '../setup/eventually';

const MAIN = resolve(__dirname, '../../dist/src/cli/main.js');
const ESC = '\u001b';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** The demo as a person starts it, and `top` beside it: on a pseudo terminal and over a pipe. */
describe('hotsplit demo', () => {
  let folder: string;
  const children: Child[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-demo-spec-'));
  });

  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const child = spawn(program, args, {
      env: { PATH: process.env['PATH'], TMPDIR: folder, TERM: 'xterm', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    children.push(child);
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
    const ended = once(child, 'close').then(([exitCode]) => exitCode as number | null);
    return { child, said, ended };
  };

  it('serves, pays and resizes under load, shows itself to top, and leaves nothing behind', async () => {
    // Settings of another service are none of its own.
    const elsewhere = { HOTSPLIT_SHARDS: 'a=mysql://nobody@127.0.0.1:1/x', HOTSPLIT_HTTP_PORT: '1' };
    const demo = start(process.execPath, [MAIN, 'demo', '--rate', '100'], elsewhere);
    const url = await eventually('its address', () =>
      Promise.resolve(/^console +(http:\S+)\/console$/m.exec(demo.said.err)?.[1]),
    );
    const key = /^key +(\S+)$/m.exec(demo.said.err)?.[1] ?? '';
    expect((await fetch(`${url}/console`)).status).toBe(200);

    const watching = { HOTSPLIT_URL: url, HOTSPLIT_KEY: key };
    const piped = start(process.execPath, [MAIN, 'top', '--count', '3', '--every', '1'], watching);
    expect(await piped.ended).toBe(0);
    expect(piped.said.out.trimEnd().split('\n')).toHaveLength(3);
    expect(piped.said.out).toMatch(/busiest streamer-1 /);
    expect(piped.said.out).not.toContain(ESC);

    const drawn = start(
      'script',
      ['-qec', `"${process.execPath}" "${MAIN}" top --every 1`, '/dev/null'],
      watching,
    );
    await eventually('a drawn frame', () =>
      Promise.resolve(drawn.said.out.includes('streamer-1') ? true : undefined),
    );
    drawn.child.stdin.write('q');
    expect(await drawn.ended).toBe(0);
    expect(drawn.said.out).toContain(`${ESC}[?1049h`);
    expect(drawn.said.out.trimEnd().endsWith(`${ESC}[?1049l`)).toBe(true);

    await eventually('a resize', () =>
      Promise.resolve(/streamer-1 has 8 sub-accounts/.test(demo.said.err) ? true : undefined),
    );
    demo.child.kill('SIGINT');
    expect([await demo.ended, demo.said.out]).toEqual([
      0,
      expect.stringMatching(/payments in .*, 0 failed; \d+ resizes[^]*The audit says: balanced/),
    ]);
    expect(readdirSync(folder)).toEqual([]);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});
