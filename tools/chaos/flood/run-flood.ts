import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { pause } from '../../kernel/clock';
import { startCluster } from '../parts/cluster';
import { Flood } from './flood';
import { ANONYMOUS, FLOOD_KINDS, type FloodAnswers, type FloodKind } from './flood-plan';
import { type Paid, Payers } from './payers';

export interface FloodOptions {
  readonly connections: number;
  readonly seconds: number;
  /** The machine is busy with something else, so rates say nothing. */
  readonly anyRate: boolean;
}

/** What one flood did to those who pay. */
export interface FloodReport {
  readonly kind: FloodKind;
  readonly before: Paid;
  readonly during: Paid;
  readonly after: Paid;
  readonly answered: FloodAnswers;
  readonly logBytes: number;
  /** Of what was acknowledged a second beside the flood: before and after it, whichever was less. */
  readonly rateShare: number;
  readonly p99Times: number;
  readonly breaches: readonly string[];
}

/** Goals under a flood by callers without a key; a busy machine misses them, so they decide nothing. */
export const RATE_SHARE_GOAL = 0.9;
export const P99_TIMES_GOAL = 2;

/** What decides: far from the goals, so that only a service that gives way is broken by it. */
const RATE_SHARE_MIN = 0.2;
const LOG_BYTES_MAX = 1024 * 1024;
/** Held for 0.56 seconds at least, this many requests of a connection are answered in a second; and what may come at once. */
const ANSWERS_PER_CONNECTION_SECOND = 1.8;
const ANSWERS_AT_ONCE = 1_000;

const ACCOUNT = 'paying';
const SETTLE_MS = 1_000;

/** Each flood in turn, beside clients that pay. */
export async function runFloods(
  options: FloodOptions,
  tell: (text: string) => void,
  cleanups: (() => Promise<void>)[],
): Promise<FloodReport[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplit-flood-'));
  const cluster = await startCluster(folder, false);
  cleanups.push(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const [service] = cluster.services;
  if (!service?.url) throw new Error('the service has not started');
  const { url } = service;
  const post = (path: string, body: object): Promise<Record<string, string>> =>
    ask(url, cluster.adminKey, path, body);
  await post('/v1/accounts', { id: ACCOUNT, asset: 'USD/2', subAccounts: 4, initialBalance: '1000000000' });
  const { key = '' } = await post('/v1/admin/keys', { name: 'payers', scopes: ['deduct'] });
  const other = await post('/v1/admin/keys', { name: 'other', scopes: ['deduct'] });
  const payers = new Payers(url, key, ACCOUNT);
  await payers.pay(SETTLE_MS);
  const reports: FloodReport[] = [];
  for (const kind of Object.keys(FLOOD_KINDS) as FloodKind[]) {
    const ms = options.seconds * 1_000;
    const before = await payers.pay(ms);
    const logBefore = statSync(service.logFile, { throwIfNoEntry: false })?.size ?? 0;
    const flood = Flood.start({ kind, url, connections: options.connections, key: other['key'] ?? '' });
    await pause(SETTLE_MS);
    const during = await payers.pay(ms);
    const answered = await flood.stop();
    const logBytes = (statSync(service.logFile, { throwIfNoEntry: false })?.size ?? 0) - logBefore;
    await pause(SETTLE_MS);
    const after = await payers.pay(ms);
    const report = judged({ kind, before, during, after, answered, logBytes }, options);
    tell(describeFlood(report));
    reports.push(report);
  }
  await payers.close();
  return reports;
}

type Measured = Omit<FloodReport, 'rateShare' | 'p99Times' | 'breaches'>;

function judged(measured: Measured, { connections, anyRate }: FloodOptions): FloodReport {
  const { kind, before, during, after, answered, logBytes } = measured;
  const rateShare = rateOf(during) / Math.min(rateOf(before), rateOf(after));
  const p99Times = during.p99Ms / Math.max(before.p99Ms, after.p99Ms);
  const breaches: string[] = [];
  const isAnonymous = ANONYMOUS.includes(kind);
  // Too much to do may be told to those who have a key, while others who have one ask for much.
  const failed = Object.keys(during.failed).filter((status) => isAnonymous || status !== '503');
  if (failed.length > 0) breaches.push(`paying calls failed: ${JSON.stringify(during.failed)}`);
  if (during.acknowledged === 0) breaches.push('nobody who pays was served');
  if (isAnonymous && !anyRate && rateShare < RATE_SHARE_MIN)
    breaches.push(`those who pay kept ${rateShare.toFixed(2)} of their rate`);
  if (logBytes > LOG_BYTES_MAX) breaches.push(`${logBytes} bytes of log`);
  if (answered['500'] !== undefined) breaches.push(`the flood was told of ${answered['500']} defects`);
  const seconds = during.seconds + SETTLE_MS / 1_000;
  const most = ANSWERS_AT_ONCE + connections * seconds * ANSWERS_PER_CONNECTION_SECOND;
  const answers = Object.entries(answered).reduce(
    (sum, [what, count]) => (what === 'closed' ? sum : sum + count),
    0,
  );
  if (isAnonymous && answers > most)
    breaches.push(`the flood was answered ${answers} times, not ${most} at most`);
  return { ...measured, rateShare, p99Times, breaches };
}

function rateOf({ acknowledged, seconds }: Paid): number {
  return acknowledged / seconds;
}

export function describeFlood(report: FloodReport): string {
  const { kind, before, during, after, answered, logBytes, rateShare, p99Times, breaches } = report;
  const rates = [before, during, after].map((paid) => rateOf(paid).toFixed(0)).join(' → ');
  const p99s = [before, during, after].map(({ p99Ms }) => p99Ms.toFixed(0)).join(' → ');
  const goals = ANONYMOUS.includes(kind)
    ? `, goals ≥ ${RATE_SHARE_GOAL} ${rateShare >= RATE_SHARE_GOAL ? 'reached' : 'missed'}, ≤ ${P99_TIMES_GOAL} ${p99Times <= P99_TIMES_GOAL ? 'reached' : 'missed'}`
    : '';
  return [
    `${kind}: paid ${rates} a second (share ${rateShare.toFixed(2)}), p99 ${p99s} ms (times ${p99Times.toFixed(1)})${goals}`,
    `  the flood was answered ${JSON.stringify(answered)}, ${logBytes} bytes of log`,
    ...breaches.map((breach) => `  BROKEN: ${breach}`),
  ].join('\n');
}

async function ask(url: string, key: string, path: string, body: object): Promise<Record<string, string>> {
  const answer = await request(new URL(path, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.statusCode !== 201) throw new Error(`${path}: ${answer.statusCode} ${await answer.body.text()}`);
  return (await answer.body.json()) as Record<string, string>;
}
