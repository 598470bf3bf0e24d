import { choosePlacement } from '../../../src/ledger/routing';
import { microsSince } from '../cases/in-process-case';
import type { Round } from '../cases/case';
import { runClosedLoop } from '../measure/closed-loop';
import type { Timing } from '../measure/measurement';
import { amountOf, requestIdOf, type Sequence } from '../measure/requests';
import type { Tally } from '../measure/tally';
import type { Site } from '../stage/site';
import { openMysqlAtomic } from '../yardsticks/atomic-mysql';
import { openSqliteAtomic } from '../yardsticks/atomic-sqlite';
import { nowUs } from '../yardsticks/sqlite-connection';
import { coldAccountId, drawAccount } from './cold-accounts';

interface AtomicPlan {
  readonly site: Site;
  readonly accounts: number;
  readonly sequence: Sequence;
  readonly tally: Tally;
  readonly inFlight: number;
  readonly timing: Timing;
}

/** What a careful developer writes: one guarded UPDATE and one entry for each deduction, where the account's row is. */
export async function measureAtomic(plan: AtomicPlan): Promise<Omit<Round, 'audit'>> {
  const { site, accounts, sequence, tally, inFlight, timing } = plan;
  const names = site.shards.map(({ name }) => name);
  const connections = Math.ceil(inFlight / names.length);
  const stores = new Map(
    await Promise.all(
      site.shards.map(
        async ({ name, location }) =>
          [
            name,
            location.kind === 'sqlite'
              ? openSqliteAtomic(location.path)
              : await openMysqlAtomic(location.url, connections),
          ] as const,
      ),
    ),
  );
  const before = process.cpuUsage();
  const counted = tally.total.count;
  try {
    const measured = await runClosedLoop({ ...timing, inFlight }, async () => {
      const position = sequence.next();
      const amount = amountOf(position);
      const accountId = coldAccountId(drawAccount(position, accounts));
      const [shard = ''] = choosePlacement(accountId, names, 1);
      const done = await stores.get(shard)?.deduct({
        accountId,
        createdAtUs: nowUs(),
        subAccount: 0,
        version: 0,
        requestId: requestIdOf(position),
        kind: 'deduction',
        amountMinor: BigInt(amount),
        epoch: 1,
        fingerprint: '0123456789abcdef0123456789abcdef',
        reference: null,
        metadata: null,
      });
      if (done === true) tally.acknowledged(amount);
      else tally.refused();
      return done === true ? 1 : 0;
    });
    const cpuMicrosPerOp = microsSince(before) / (tally.total.count - counted);
    return { ...measured, errors: 0, cpuMicrosPerOp };
  } finally {
    for (const store of stores.values()) await store.close();
  }
}
