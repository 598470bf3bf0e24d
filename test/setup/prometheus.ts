import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { eventually } from './eventually';
import { freePort } from './free-port';

const REPOSITORY = resolve(__dirname, '../..');
const run = promisify(execFile);

interface Commands {
  readonly prometheus: string;
  readonly promtool: string;
}

interface Script {
  readonly bringPrometheus: (report: (text: string) => void) => Promise<Commands>;
}

/** Installs Prometheus where it can; rejects with what to do where it cannot. */
async function bring(): Promise<Commands> {
  const script = (await import(
    pathToFileURL(join(REPOSITORY, 'scripts/servers/prometheus.mjs')).href
  )) as Script;
  return script.bringPrometheus((text) => {
    process.stderr.write(`servers: ${text}\n`);
  });
}

/** Rejects with what promtool has to say where something is wrong. */
export async function promtool(...args: readonly string[]): Promise<string> {
  const { promtool: command } = await bring();
  return (await run(command, args, { cwd: REPOSITORY })).stdout;
}

/** One series of an answer, by its labels. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A Prometheus of its own that scrapes one service every second, with the rules of this repository. */
export class Prometheus {
  private constructor(
    private readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async scraping(serviceUrl: string): Promise<Prometheus> {
    const { prometheus: command } = await bring();
    const folder = mkdtempSync(join(tmpdir(), 'hotsplit-prometheus-'));
    cpSync(join(REPOSITORY, 'deploy/prometheus/rules'), join(folder, 'rules'), { recursive: true });
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['rules/*.yml'],
      scrape_configs: [{ job_name: 'hotsplit', static_configs: [{ targets: [new URL(serviceUrl).host] }] }],
    };
    writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      command,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const prometheus = new Prometheus(`http://${address}`, child, folder);
    await eventually('Prometheus being ready', async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`);
      const answer = await fetch(`http://${address}/-/ready`).catch(() => undefined);
      return answer?.ok ? true : undefined;
    });
    return prometheus;
  }

  /** Rejects with Prometheus' words for a query that it does not take. */
  async query(expr: string): Promise<readonly Sample[]> {
    const answer = await fetch(`${this.url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expr }),
    });
    const { status, error, data } = (await answer.json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data?: {
        readonly result: readonly {
          readonly metric: Record<string, string>;
          readonly value: [number, string];
        }[];
      };
    };
    if (status !== 'success' || !data) throw new Error(`${expr}: ${error}`);
    return data.result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
  }

  /** Resolves when the service has been scraped so often since now, and rules were evaluated on what was found. */
  async scrapes(count: number): Promise<void> {
    const scraped = async (): Promise<number> => {
      const [sample] = await this.query('count_over_time(hotsplit_build_info[1h])');
      return sample?.value ?? 0;
    };
    const before = await scraped();
    await eventually(`${count} scrapes`, async () =>
      (await scraped()) >= before + count ? true : undefined,
    );
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
