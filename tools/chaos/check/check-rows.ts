import type { Breach } from './breach';
import type { Dump, RowDump, ShardDump, TransferDump } from './dump';

const WRAP = 1n << 64n;

/** The rows, the entries and the transfers against each other, whatever the history says. */
export function* checkRows(dump: Dump): Generator<Breach> {
  for (const shard of dump.shards) {
    const moved = movedByRow(shard);
    for (const row of shard.rows) yield* checkRow(shard.name, row, moved.get(rowId(row)) ?? 0n);
  }
  yield* checkNets(dump);
  yield* checkTransfers(dump);
  yield* checkEnds(dump);
}

function* checkRow(shard: string, row: RowDump, movedMinor: bigint): Generator<Breach> {
  const { account, index, available, held, net, moved } = row;
  const where = `row ${index} on ${shard}`;
  if (available < 0n || held < 0n)
    yield { rule: 'negativeRow', account, detail: `${where}: available ${available}, held ${held}` };
  if (!isSame(available + held, net + moved))
    yield {
      rule: 'rowUnbalanced',
      account,
      detail: `${where}: ${available} + ${held} is not ${net} + ${moved}`,
    };
  if (!isSame(moved, movedMinor))
    yield { rule: 'movedUnaccounted', account, detail: `${where}: ${moved}, by its transfers ${movedMinor}` };
}

function movedByRow({ transfers }: ShardDump): Map<string, bigint> {
  const moved = new Map<string, bigint>();
  const move = (account: string, index: number, amount: bigint): void => {
    const id = rowId({ account, index });
    moved.set(id, (moved.get(id) ?? 0n) + amount);
  };
  for (const { account, direction, from, to, amount } of transfers) {
    if (direction !== 'in') move(account, from, -amount);
    if (direction !== 'out') move(account, to, amount);
  }
  return moved;
}

function* checkNets(dump: Dump): Generator<Breach> {
  const sums = new Map<string, { net: bigint; entries: bigint }>();
  const sumOf = (account: string): { net: bigint; entries: bigint } => {
    const sum = sums.get(account) ?? { net: 0n, entries: 0n };
    sums.set(account, sum);
    return sum;
  };
  for (const { rows, entries } of dump.shards) {
    for (const { account, net } of rows) sumOf(account).net += net;
    for (const { account, kind, amount } of entries)
      sumOf(account).entries += kind === 'credit' ? amount : -amount;
  }
  for (const [account, { net, entries }] of sums)
    if (!isSame(net, entries))
      yield { rule: 'netNotEntries', account, detail: `net ${net}, entries ${entries}` };
}

function* checkTransfers(dump: Dump): Generator<Breach> {
  const halves = new Map<string, { out: TransferDump[]; in: TransferDump[] }>();
  for (const { transfers } of dump.shards)
    for (const transfer of transfers) {
      if (transfer.direction === 'local') continue;
      const id = `${transfer.account} ${transfer.id}`;
      const known = halves.get(id) ?? { out: [], in: [] };
      halves.set(id, known);
      known[transfer.direction].push(transfer);
    }
  for (const known of halves.values()) {
    const [departure, arrival] = [known.out[0], known.in[0]];
    const { account = '', id = '' } = departure ?? arrival ?? {};
    const hasArrived = arrival !== undefined;
    if (departure && known.out.length === 1 && (departure.isPending || !hasArrived))
      yield { rule: 'inTransit', account, key: id, detail: `${departure.amount} has left` };
    else if (known.out.length !== 1 || known.in.length !== 1 || !isOneTransfer(departure, arrival))
      yield {
        rule: 'transferUnpaired',
        account,
        key: id,
        detail: `left ${amounts(known.out)}, arrived ${amounts(known.in)}`,
      };
  }
}

function isOneTransfer(departure: TransferDump | undefined, arrival: TransferDump | undefined): boolean {
  return (
    departure !== undefined &&
    arrival !== undefined &&
    departure.amount === arrival.amount &&
    departure.from === arrival.from &&
    departure.to === arrival.to
  );
}

function* checkEnds(dump: Dump): Generator<Breach> {
  for (const { id, status, step } of dump.operations)
    if (status === 'running' || step !== 'ended')
      yield { rule: 'operationOpen', key: id, detail: `${status} at step ${step}` };
  for (const { account, isWhole, isChanging } of dump.accounts) {
    if (!isWhole) yield { rule: 'operationOpen', account, detail: 'its creation has not ended' };
    if (isChanging) yield { rule: 'operationOpen', account, detail: 'a change of it has not ended' };
  }
}

function amounts(transfers: readonly TransferDump[]): string {
  return transfers.length === 0 ? 'never' : transfers.map(({ amount }) => String(amount)).join(' and ');
}

function rowId({ account, index }: Pick<RowDump, 'account' | 'index'>): string {
  return `${account} ${index}`;
}

/** Sums are kept in 64 bits. */
function isSame(a: bigint, b: bigint): boolean {
  return (a - b) % WRAP === 0n;
}
