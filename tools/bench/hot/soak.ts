import type { MeasuredCase, Round } from '../cases/case';
import { ServiceGround } from '../cases/service-ground';
import type { Surroundings } from '../scenario';
import { shardCountOf, type StoreKind } from '../stage/store-kind';
import type { HotPlan } from './hot-plan';

const STORE: StoreKind = 'mariadb-2';
const CONNECTIONS = 256;
const INTERVAL_SECONDS = 30;
const DRAIN_MS_MAX = 30_000;

/** One service under load for minutes: does it keep its pace and its memory? Every interval is audited. */
export async function soak(
  minutes: number,
  { subAccounts }: HotPlan,
  surroundings: Surroundings,
): Promise<MeasuredCase[]> {
  const ground = await ServiceGround.open(STORE, subAccounts, surroundings);
  const rounds: Round[] = [];
  try {
    for (let elapsed = 0; elapsed < minutes * 60; elapsed += INTERVAL_SECONDS) {
      const seconds = Math.min(INTERVAL_SECONDS, minutes * 60 - elapsed);
      const timing = { warmUpMs: 0, measureMs: seconds * 1_000, drainMsMax: DRAIN_MS_MAX };
      const round = await ground.measure('http', CONNECTIONS, timing, { profile: false, decompose: false });
      rounds.push(round);
      surroundings.print(line(elapsed + seconds, round));
    }
  } finally {
    await ground.close();
  }
  return [{ case: caseOf(subAccounts), rounds }];
}

function line(elapsedSeconds: number, round: Round): string {
  const minutes = (elapsedSeconds / 60).toFixed(1).padStart(6);
  const rate = Math.round(round.opsPerSecond).toLocaleString('en-US').padStart(8);
  const rss = round.rssMb
    ? `RSS ${Math.round(round.rssMb.end)} MB (at most ${Math.round(round.rssMb.peak)})`
    : '';
  return (
    `${minutes} min  ${rate}/s  p50 ${round.p50Ms.toFixed(1)} ms  p99 ${round.p99Ms.toFixed(1)} ms  ` +
    `${rss}  errors ${round.errors}  ${round.audit}`
  );
}

function caseOf(subAccounts: number): MeasuredCase['case'] {
  return {
    name: 'http',
    store: STORE,
    shards: shardCountOf(STORE),
    subAccounts,
    inFlight: CONNECTIONS,
  };
}
