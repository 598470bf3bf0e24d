import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

const CONSUMER = `
import { HotsplitClient, InsufficientFundsError, type DeductionResult } from 'hotsplit/client';

export async function pay(): Promise<bigint | undefined> {
  await using client = new HotsplitClient({ endpoints: 'http://127.0.0.1:8080', apiKey: 'key' });
  try {
    const { amount, replayed }: DeductionResult = await client.deduct({ accountId: 'a', amount: 250n });
    for await (const { createdAt } of client.entries({ accountId: 'a' })) createdAt.getTime();
    return replayed ? 0n : amount;
  } catch (error) {
    if (error instanceof InsufficientFundsError) return error.available;
    throw error;
  }
}
// @ts-expect-error amounts are exact
void new HotsplitClient({ endpoints: [], apiKey: 'key' }).deduct({ accountId: 'a', amount: true });
`;

/** Another project that depends on the built package, as its users see it. */
describe('hotsplit/client from another project', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-consumer-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules', 'hotsplit'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['commonjs', 'module'])('has types for a project of type %s', (type) => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
    writeFileSync(join(folder, 'pay.ts'), CONSUMER);
    const options = ['--noEmit', '--strict', '--module', 'node20', '--target', 'es2022', '--lib', 'esnext'];
    const types = [
      '--typeRoots',
      join(ROOT, 'node_modules/@types'),
      '--types',
      'node',
      '--skipLibCheck',
      'false',
    ];
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const said = runNode(process.execPath, [tsc, ...options, ...types, 'pay.ts']);
    expect(said).toBe('');
  });

  it.each([
    ['use.cjs', "const { HotsplitClient, HotsplitError } = require('hotsplit/client');"],
    ['use.mjs', "import { HotsplitClient, HotsplitError } from 'hotsplit/client';"],
  ])('runs from %s, under the pinned Node and the machine’s own', (file, load) => {
    const use = `
      const client = new HotsplitClient({ endpoints: 'http://127.0.0.1:1', apiKey: 'key' });
      client.deduct({ accountId: 'a', amount: 1, timeoutMs: 30 }).catch(async (error) => {
        console.log(error instanceof HotsplitError, error.code);
        await client.close();
      });`;
    writeFileSync(join(folder, file), load + use);
    for (const node of [process.execPath, 'node'])
      expect(runNode(node, [file])).toBe('true DEADLINE_EXCEEDED\n');
  });

  function runNode(node: string, args: readonly string[]): string {
    // Where npm runs this, its own folder with the pinned Node stands first.
    const path = (process.env['PATH'] ?? '')
      .split(delimiter)
      .filter((each) => !each.includes('node_modules'));
    return execFileSync(node, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', PATH: path.join(delimiter) },
    });
  }
});
