import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

const ROOT = resolve(__dirname, '../..');
const FOLDER = join(ROOT, '.github/workflows');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
}

interface Workflow {
  readonly name: string;
  readonly on: unknown;
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      { readonly 'runs-on': string; readonly 'timeout-minutes': number; readonly steps: readonly Step[] }
    >
  >;
}

const scripts = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts;
const read = (file: string): unknown => parse(readFileSync(join(ROOT, '.github', file), 'utf8'));

describe.each(readdirSync(FOLDER))('the workflow %s', (file) => {
  const workflow = read(`workflows/${file}`) as Workflow;
  const jobs = Object.values(workflow.jobs);
  const commands = jobs.flatMap(({ steps }) => steps.flatMap(({ run = '' }) => run));

  it('says when it runs, what it may do, and how long its jobs may take', () => {
    for (const member of ['name', 'on', 'permissions']) expect(workflow).toHaveProperty(member);
    for (const job of jobs) {
      expect(job['runs-on']).toBe('ubuntu-24.04');
      expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });

  it('has in each step either an action of a fixed version or a command', () => {
    for (const { uses, run } of jobs.flatMap(({ steps }) => steps)) {
      expect([uses, run].filter(Boolean)).toHaveLength(1);
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
    }
  });

  it('runs only scripts that package.json has', () => {
    const called = commands.flatMap((command) => [...command.matchAll(/npm run ([\w:-]+)/g)]);
    for (const [, script = ''] of called) expect(scripts).toHaveProperty([script]);
  });
});

describe.each(readdirSync(join(ROOT, '.github/ISSUE_TEMPLATE')))('the issue template %s', (file) => {
  it('can be read', () => {
    expect(read(`ISSUE_TEMPLATE/${file}`)).toBeInstanceOf(Object);
  });
});
