import { createConnection } from 'mysql2/promise';
import { join } from 'node:path';
import { median } from '../measure/median';
import { Child } from '../../kernel/child-process';
import type { Cleanups } from '../../kernel/cleanups';

const START_MS_MAX = 10_000;
const PINGS = 20;

/** Database servers as if they were some milliseconds away, through a process of their own. */
export interface FarServers {
  readonly urls: readonly string[];
  /** How long the shortest statement takes, from here to a server and back: the median of some. */
  readonly roundTripMs: number;
  close(): Promise<void>;
}

/** @param delayMs added each way */
export async function openFarServers(
  urls: readonly string[],
  delayMs: number,
  cleanups: Cleanups,
): Promise<FarServers> {
  const child = new Child('the network', join(__dirname, 'far-main.js'), { env: process.env, cleanups });
  const far: string[] = [];
  for (const text of urls) {
    const url = new URL(text);
    url.port ||= '3306';
    far.push(
      (await child.call<string>('open', { url: url.toString(), delayMs }, START_MS_MAX)).replace(/\/$/, ''),
    );
  }
  const roundTrips = [];
  for (const url of far) roundTrips.push(...(await ping(url)));
  return { urls: far, roundTripMs: median(roundTrips), close: () => child.end() };
}

async function ping(url: string): Promise<number[]> {
  const connection = await createConnection({ uri: url, connectTimeout: START_MS_MAX });
  try {
    const roundTrips = [];
    for (let n = 0; n < PINGS; n += 1) {
      const started = performance.now();
      await connection.query('DO 0');
      roundTrips.push(performance.now() - started);
    }
    return roundTrips;
  } finally {
    await connection.end();
  }
}
