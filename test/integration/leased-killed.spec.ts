import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chanceOf } from '../models/engine-time';
import { addressOf } from '../setup/crash-run';
import { EngineSite } from '../setup/engine-site';
import { HUNG_MS } from '../setup/eventually';
import { expectAtRest } from '../setup/expect-at-rest';
import { inTurns } from '../setup/in-turns';
import { ServiceProcess } from '../setup/service-process';
import { STORES, type TestStore } from '../setup/stores';

/** Five in all; HOTSPLIT_TEST_KILLS names another number, for each store. */
function killsOn({ mark }: TestStore): number {
  return Number(process.env['HOTSPLIT_TEST_KILLS'] ?? (mark === 'sqlite' ? 3 : 2));
}

const OPENING_MINOR = 10_000_000n;
const LEASE_MAX_MINOR = 500n;
const IN_FLIGHT = 64;
const KILL_AFTER_MIN = 200;
const SETTINGS = {
  HOTSPLIT_LEASE_AMOUNT_MAX: String(LEASE_MAX_MINOR),
  HOTSPLIT_LEASE_FLUSH_MS: '100',
  HOTSPLIT_LEASE_SECONDS: '1',
  HOTSPLIT_REBALANCE_MS: '0',
};

interface Asked {
  readonly requestId: string;
  readonly amount: bigint;
  /** Where it was answered from, once it was. */
  answeredAt?: string;
  wasSent?: boolean;
}

interface Killed {
  readonly asked: readonly Asked[];
  readonly deferred: number;
}

/** The service as a process, killed without warning while it answers from leases, started again and killed again. */
describe('deductions answered from a lease, when their process is killed', () => {
  const stores = STORES.filter(({ mark }) => mark !== 'mysql');

  it.each(stores)(
    '[$mark] are never overdrawn, never charged twice, and short by no more than the lease',
    async (store) => {
      const kills = killsOn(store);
      const site = await EngineSite.make(store, 2);
      const folder = mkdtempSync(join(tmpdir(), 'hotsplit-leased-'));
      const chance = chanceOf(7);
      const rounds: Killed[] = [];
      try {
        const preparing = await site.start();
        await preparing.create('acme', 2, OPENING_MINOR, 'leased');
        await site.stop(preparing);
        for (let round = 0; round < kills; round += 1) {
          const service = await ServiceProcess.start({
            folder,
            shards: site.shards.map(({ name, location }) => `${name}=${addressOf(location)}`),
            settings: SETTINGS,
          });
          rounds.push(await loadAndKill(service, round, chance));
        }

        const other = await site.start();
        await other.whenNothingIsLent('acme');
        const written = new Set(await other.entryKeys('acme'));
        const all = rounds.flatMap(({ asked }) => asked);
        const charged = all.filter(({ requestId }) => written.has(requestId));
        await expectAtRest(other, 'acme', {
          totalMinor: OPENING_MINOR - sumOf(charged),
          keys: charged.map(({ requestId }) => requestId),
        });

        const lost = rounds.flatMap(({ asked }) => lostByShard(asked, written));
        const most = lost.reduce((max, each) => (each > max ? each : max), 0n);
        const answered = all.filter(({ answeredAt }) => answeredAt !== undefined);
        const deferred = rounds.reduce((sum, round) => sum + round.deferred, 0);
        const gone = answered.filter(({ requestId }) => !written.has(requestId));
        console.log(
          `[${store.mark}] ${kills} kills: ${answered.length} answered, ${deferred} of them from a lease; ` +
            `${gone.length} lost, worth ${sumOf(gone)}; at most ${most} of a lease of ${LEASE_MAX_MINOR}; ` +
            `${charged.length} charged, none twice; audit balanced`,
        );
        expect(deferred).toBeGreaterThanOrEqual(kills * KILL_AFTER_MIN);
        expect(most).toBeLessThanOrEqual(LEASE_MAX_MINOR);
      } finally {
        await site.end();
        rmSync(folder, { recursive: true, force: true });
      }
    },
    HUNG_MS + Math.max(...stores.map(killsOn)) * 60_000,
  );
});

/** Asks until some hundreds were answered from a lease, and kills it in the middle of the others. */
async function loadAndKill(service: ServiceProcess, round: number, chance: () => number): Promise<Killed> {
  const killAfter = KILL_AFTER_MIN + Math.floor(chance() * 800);
  // On a busy machine terms run out, and much is answered durably in between.
  const asked: Asked[] = Array.from({ length: 20 * killAfter + 1_000 }, (_, number) => ({
    requestId: `r${round}-${number}`,
    amount: BigInt(1 + Math.floor(chance() * 9)),
  }));
  let deferred = 0;
  let dead: Promise<unknown> | undefined;
  await inTurns(asked, IN_FLIGHT, async (each) => {
    if (dead) return;
    each.wasSent = true;
    try {
      const { status, body } = await service.rest.deduct('acme', each.requestId, each.amount.toString());
      if (status !== 201 && status !== 200) return;
      each.answeredAt = String(body['shard']);
      if (body['durability'] === 'deferred') deferred += 1;
    } catch {
      // It died before it answered.
    }
    if (deferred >= killAfter) dead ??= service.end('SIGKILL');
  });
  await (dead ?? service.end('SIGKILL'));
  return { asked: asked.filter(({ wasSent }) => wasSent), deferred };
}

/** What was answered and never written, by the shard whose lease it was answered from. */
function lostByShard(asked: readonly Asked[], written: ReadonlySet<string>): bigint[] {
  const lost = asked.filter(
    ({ requestId, answeredAt }) => answeredAt !== undefined && !written.has(requestId),
  );
  return [...Map.groupBy(lost, ({ answeredAt }) => answeredAt).values()].map(sumOf);
}

function sumOf(asked: readonly Asked[]): bigint {
  return asked.reduce((sum, { amount }) => sum + amount, 0n);
}
