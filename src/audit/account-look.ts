import { isAllowanceId } from '../ledger/allowance';
import { judgeSharedKey, type KeyWindow } from '../ledger/audit-keys';
import { judgeCredit } from '../ledger/audit-credit';
import type { Finding } from '../ledger/audit-finding';
import { judgePlacement } from '../ledger/audit-placement';
import type { SubAccount } from '../ledger/sub-account';
import type { AccountRecord } from '../shards/directory/account-record';
import { ShardUnavailableError } from '../shards/faults';
import type { Shard } from '../shards/shard';
import { Found } from './found';
import { BudgetedHolds } from './judge-budgeted-holds';
import { ChargePairs, judgeLimit } from './judge-charges';
import { ReceivedRecords } from './judge-intakes';
import { PaymentPairs } from './judge-payments';
import { ReversalLimits } from './judge-reversals';
import { RunningSums } from './judge-running-sums';
import { mergeBy } from './merge-by';
import { TransferPairs } from './pair-transfers';
import type { ShardReader } from './shard-reader';
import { ShardTally, type Watched } from './shard-tally';

/** What one look at an account came to. */
export interface Look {
  readonly found: Found;
  /** By shard: versions that came out of order, which another look must count. */
  readonly outOfOrder: ReadonlyMap<string, Watched>;
  readonly subAccounts: number;
  readonly entries: number;
  readonly transfers: number;
  readonly inTransit: number;
}

export interface LookParts {
  readonly accountId: string;
  /** Every shard, each at this account. */
  readonly readers: readonly ShardReader[];
  readonly shards: ReadonlyMap<string, Shard>;
  /** The account as the directory had it some time ago, if it did. */
  readonly record: AccountRecord | undefined;
  readonly findAccount: (accountId: string) => Promise<AccountRecord | undefined>;
  readonly watched?: ReadonlyMap<string, Watched>;
  /** How long keys are looked up where they were before a move. */
  readonly windowMs: number;
  readonly findingsMax: number;
}

/**
 * Checks one account on all shards, in bounded memory and while it is in use. Everything is read after what it must
 * cover: rows, then their entries and transfers, then what was missing, then the directory.
 *
 * What this does not add up is the account's total: it follows. Each row's balance is its net plus its moved, net is its
 * entries, moved is its transfers, and every transfer is in two rows or in transit; so Σ(available + held) + in transit =
 * Σ net = Σ entries, which no reading could show while the account is in use.
 *
 * Rejects with `ShardUnavailableError` when a shard in the account's reach cannot be read.
 */
export async function lookAtAccount(parts: LookParts): Promise<Look> {
  const { accountId, readers, shards, watched, findingsMax } = parts;
  // Allowances are not among the accounts that the directory lists.
  const record = parts.record ?? (isAllowanceId(accountId) ? await parts.findAccount(accountId) : undefined);
  const of = record?.allowance?.of;
  const found = new Found(findingsMax);
  const shares = await Promise.all(
    readers.map(async (reader) => {
      const rows = reader.takeRows(accountId);
      const tally = new ShardTally(reader.shard, accountId, rows, watched?.get(reader.name));
      const charges = new ChargePairs(reader.shard, of, found);
      await addEntries({ reader, accountId, tally, shards, found, charges });
      await addHolds(reader, tally, { accountId, inBudgets: new BudgetedHolds(reader.shard, of, found) });
      await addReversals({ reader, accountId, tally, found });
      await addReceived({ reader, accountId, shards, found });
      return { reader, tally, grantedMinor: charges.grantedMinor };
    }),
  );

  const pairs = new TransferPairs(shards, found);
  const transfers = shares.map((source) => ({ source, stream: source.reader.transfers }));
  await mergeBy(
    accountId,
    transfers,
    ({ transferId }) => transferId,
    (group) => {
      for (const { source, item } of group) source.tally.addTransfer(item);
      return pairs.add(group.map(({ source, item }) => ({ ...item, shard: source.reader.name })));
    },
  );
  await pairs.finish();

  for (const { tally } of shares) found.add(await tally.findings());
  const traces = shares.map(({ tally }) => tally.traces);
  const withEntries = shares.filter((_, position) => traces[position]?.entries);
  const window = { windowMs: parts.windowMs, past: record?.past ?? [] };
  if (withEntries.length > 1) await findSharedKeys(accountId, withEntries, { window, found });
  found.add(await judgeFrame({ ...parts, record }, traces));
  if (record?.allowance) {
    const grantedMinor = shares.reduce((sum, each) => sum + each.grantedMinor, 0n);
    found.add(judgeLimit(record, await parts.findAccount(accountId), grantedMinor));
  }
  const rows = traces.flatMap((each) => each.rows);
  found.add(await judgeLine({ ...parts, record }, rows));
  for (const name of record?.reach ?? []) {
    if (!shards.has(name)) throw new ShardUnavailableError(name, 'it is not configured on this instance');
  }

  const sum = (value: (trace: (typeof traces)[number]) => number): number =>
    traces.reduce((total, trace) => total + value(trace), 0);
  return {
    found,
    outOfOrder: new Map(shares.map(({ reader, tally }) => [reader.name, tally.outOfOrder] as const)),
    subAccounts: sum(({ rows }) => rows.length),
    entries: sum((trace) => trace.entries),
    transfers: sum((trace) => trace.transfers),
    inTransit: pairs.inTransit,
  };
}

async function addEntries({
  reader,
  accountId,
  tally,
  shards,
  found,
  charges,
}: {
  readonly reader: ShardReader;
  readonly accountId: string;
  readonly tally: ShardTally;
  readonly shards: ReadonlyMap<string, Shard>;
  readonly found: Found;
  readonly charges: ChargePairs;
}): Promise<void> {
  const payments = new PaymentPairs(reader.shard, [...shards.values()], found);
  const sums = new RunningSums(reader, accountId);
  for (;;) {
    const entries = await reader.entries.take(accountId);
    if (entries.length === 0) {
      await charges.finish();
      found.add(await sums.finish());
      return payments.finish();
    }
    for (const entry of entries) {
      tally.addEntry(entry);
      await sums.add(entry);
      if (entry.between) await payments.add(entry);
      if (entry.charged) await charges.add(entry);
    }
  }
}

async function addHolds(
  reader: ShardReader,
  tally: ShardTally,
  { accountId, inBudgets }: { readonly accountId: string; readonly inBudgets: BudgetedHolds },
): Promise<void> {
  for (;;) {
    const holds = await reader.holds.take(accountId);
    if (holds.length === 0) return;
    for (const hold of holds) {
      tally.addHold(hold);
      await inBudgets.add(hold);
    }
  }
}

async function addReversals({
  reader,
  accountId,
  tally,
  found,
}: {
  readonly reader: ShardReader;
  readonly accountId: string;
  readonly tally: ShardTally;
  readonly found: Found;
}): Promise<void> {
  const limits = new ReversalLimits(reader.shard, found);
  for (;;) {
    const reversals = await reader.reversals.take(accountId);
    if (reversals.length === 0) return limits.finish();
    for (const reversal of reversals) {
      tally.addReversal(reversal, limits.add(reversal));
      if (limits.isFull) await limits.judge();
    }
  }
}

async function addReceived({
  reader,
  accountId,
  shards,
  found,
}: {
  readonly reader: ShardReader;
  readonly accountId: string;
  readonly shards: ReadonlyMap<string, Shard>;
  readonly found: Found;
}): Promise<void> {
  const others = [...shards.values()].filter(({ name }) => name !== reader.name);
  const records = new ReceivedRecords(reader.shard, others, found);
  for (;;) {
    const intakes = await reader.intakes.take(accountId);
    if (intakes.length === 0) return records.finish();
    for (const record of intakes) await records.add(record);
  }
}

/** Each shard guards its own keys by a unique index: only an account with entries on several can have one twice. */
async function findSharedKeys(
  accountId: string,
  shares: readonly { readonly reader: ShardReader }[],
  { window, found }: { readonly window: KeyWindow; readonly found: Found },
): Promise<void> {
  for (const { reader } of shares) reader.keys.skipTo(accountId);
  await mergeBy(
    accountId,
    shares.map(({ reader }) => ({ source: reader.name, stream: reader.keys })),
    ({ requestId }) => requestId,
    (group) => {
      const [first] = group;
      if (!first || group.length === 1) return undefined;
      const uses = group.map(({ source, item }) => ({ shard: source, createdAtUs: item.createdAtUs }));
      const broken = judgeSharedKey(accountId, first.item.requestId, uses, window);
      if (broken) found.add([broken]);
      return undefined;
    },
  );
}

/** The directory goes ahead of the rows, so what a stale record cannot explain is judged by a fresh one. */
async function judgeFrame(
  { accountId, record, findAccount }: LookParts,
  traces: Parameters<typeof judgePlacement>[2],
): Promise<ReturnType<typeof judgePlacement>> {
  const judge = (known: AccountRecord | undefined) => judgePlacement(accountId, frameOf(known), traces);
  return judge(record).length === 0 ? [] : judge(await findAccount(accountId));
}

/** A credit line that was settled before the rows were read, and is the same behind them. */
async function judgeLine(
  { accountId, record, findAccount }: LookParts,
  rows: readonly SubAccount[],
): Promise<Finding[]> {
  if (!record) return [];
  const judge = (behind: AccountRecord) =>
    judgeCredit(accountId, rows, { before: record.credit, behind: behind.credit });
  if (judge(record).length === 0) return [];
  const fresh = await findAccount(accountId);
  return fresh ? judge(fresh) : [];
}

function frameOf(record: AccountRecord | undefined) {
  if (!record) return undefined;
  const { reach, placement, next, statusVersion, operation, credit } = record;
  const epochMax = Math.max(placement.epoch, next?.epoch ?? 0);
  return { reach, epochMax, statusVersion, operation, creditVersion: credit.version };
}
