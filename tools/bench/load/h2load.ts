import { spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from '../measure/closed-loop';
import { LatencyHistogram } from '../measure/latency-histogram';
import { type Measurement, summarize, type Timing } from '../measure/measurement';

export interface H2loadPlan {
  readonly command: string;
  readonly url: string;
  readonly key: string;
  /** The body of every request, as it is. */
  readonly body: Buffer;
  readonly connections: number;
  readonly streamsPerConnection: number;
  readonly timing: Timing;
}

const CONTENT_TYPE = 'application/grpc';
const SLACK_MS = 10_000;
/** The status of a request whose head was answered during the warm-up. */
const BEGUN_BEFORE = 0;

/**
 * Drives one gRPC method with h2load. It sees HTTP, and to HTTP every answer of gRPC is a 200: what was acknowledged
 * must be asked of the service.
 *
 * @returns errors: answers other than 200, and streams that broke
 */
export async function runH2load(plan: H2loadPlan): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplit-h2load-'));
  const log = join(folder, 'requests.tsv');
  try {
    const body = join(folder, 'body');
    writeFileSync(body, plan.body);
    const { warmUpMs, measureMs, drainMsMax } = plan.timing;
    await within(
      warmUpMs + measureMs + drainMsMax + SLACK_MS,
      run(plan.command, argumentsOf(plan, { body, log })),
      'h2load',
    );
    return await readLog(log, measureMs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function argumentsOf(
  plan: H2loadPlan,
  { body, log }: { readonly body: string; readonly log: string },
): string[] {
  const { connections, streamsPerConnection, timing, key, url } = plan;
  return [
    ...['--clients', String(connections), '--max-concurrent-streams', String(streamsPerConnection)],
    ...['--warm-up-time', `${timing.warmUpMs}ms`, '--duration', `${timing.measureMs}ms`],
    ...['--data', body, '--log-file', log],
    ...['--header', `content-type: ${CONTENT_TYPE}`, '--header', 'te: trailers'],
    ...['--header', `authorization: Bearer ${key}`],
    url,
  ];
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const output: string[] = [];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => output.push(part.toString()));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (exitCode !== 0) throw new Error(`h2load ended with ${exitCode}:\n${output.join('')}`);
}

/** A line for each answer: when the request began, in µs; its HTTP status, −1 where it broke; µs until it was answered. */
async function readLog(log: string, measureMs: number): Promise<Measurement> {
  const latencies = new LatencyHistogram();
  let errors = 0;
  for await (const line of createInterface({ input: createReadStream(log) })) {
    const [, status, micros] = line.split('\t').map(Number);
    if (status === 200 && micros !== undefined) latencies.record(micros);
    else if (status !== BEGUN_BEFORE) errors += 1;
  }
  return summarize({ seconds: measureMs / 1_000, ops: latencies.recorded, latencies, errors });
}
