import * as fc from 'fast-check';
import type { Command } from '../../src/ledger/command';
import { wrap64 } from '../../src/ledger/money';
import type { AccountStatus, SubAccount } from '../../src/ledger/sub-account';
import { credit, deduct, row, transferIn } from './commands';

/** A shard with some accounts, and a stream of commands to them, already cut into batches. */
export interface World {
  readonly rows: readonly SubAccount[];
  readonly batches: readonly (readonly Command[])[];
}

const SIGNED_64_MAX = 2n ** 63n - 1n;

/** A sub-account that no account starts out with: its first command creates it. */
const MISSING_INDEX = 99;
const MISSING_ROW = 32;

const ACCOUNTS = ['acme', 'Acme', 'b:2'];

/**
 * Worlds in which everything happens: accounts short, empty, frozen, closed; `net` about to wrap; keys repeated as they
 * were and with another request; large credits that are spread. In `unsettled` ones, some rows are ahead of the
 * placement that commands were routed by, and some do not exist yet.
 */
export function worlds({ unsettled } = { unsettled: true }): fc.Arbitrary<World> {
  const accounts = fc.array(accountRows(unsettled), { minLength: 1, maxLength: ACCOUNTS.length });
  return fc
    .record({ accounts, stream: stream(unsettled) })
    .map(({ accounts, stream: { requests, picks, batchLengths } }) => {
      const rowsOf = accounts.map((rows, position) => named(rows, ACCOUNTS[position] as string));
      const commands = picks.map((pick) =>
        toCommand(requests[pick.request % requests.length] as Request, pick, rowsOf),
      );
      return { rows: rowsOf.flat(), batches: cut(commands, batchLengths) };
    });
}

/** Cuts a stream into batches of the given lengths, the last of which takes the rest. */
export function cut<T>(stream: readonly T[], lengths: readonly number[]): T[][] {
  const batches: T[][] = [];
  let from = 0;
  for (const length of [...lengths, stream.length]) {
    if (from < stream.length) batches.push(stream.slice(from, (from += length)));
  }
  return batches;
}

export function batchLengths(): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 });
}

interface Request {
  readonly kind: 'deduct' | 'credit' | 'transferIn';
  readonly key: number;
  readonly amountMinor: bigint;
  readonly spread: boolean;
}

interface Pick {
  readonly request: number;
  readonly account: number;
  readonly row: number;
  readonly epoch: number;
}

/** Few requests and many picks, so that keys come back; two requests may share a key and differ. */
function stream(unsettled: boolean) {
  return fc.record({
    requests: fc.array(
      fc.record<Request>({
        kind: fc.constantFrom('deduct', 'deduct', 'deduct', 'credit', 'credit', 'transferIn'),
        key: fc.nat({ max: 14 }),
        amountMinor: fc.oneof(
          { weight: 4, arbitrary: fc.bigInt(1n, 60n) },
          { weight: 1, arbitrary: fc.bigInt(61n, 400n) },
        ),
        spread: fc.boolean(),
      }),
      { minLength: 1, maxLength: 16 },
    ),
    picks: fc.array(
      fc.record<Pick>({
        request: fc.nat({ max: 15 }),
        account: fc.nat({ max: 2 }),
        row: fc.nat({ max: unsettled ? MISSING_ROW : MISSING_ROW - 1 }),
        epoch: fc.constantFrom(1, 1, 1, 2),
      }),
      { minLength: 1, maxLength: 40 },
    ),
    batchLengths: batchLengths(),
  });
}

/** 1–8 rows of one account; mostly small balances, and `net` and `moved` anywhere in 64 bits. */
function accountRows(unsettled: boolean): fc.Arbitrary<SubAccount[]> {
  const balance = fc.record({
    availableMinor: fc.oneof(fc.constant(0n), fc.bigInt(0n, 100n)),
    heldMinor: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0n) },
      { weight: 1, arbitrary: fc.bigInt(1n, 20n) },
    ),
    net: fc.oneof(
      fc.constant(undefined),
      fc.bigInt(-99n, 99n).map((near) => wrap64(SIGNED_64_MAX + near)),
    ),
    epoch: unsettled ? fc.constantFrom(1, 1, 1, 1, 1, 2) : fc.constant(1),
  });
  const status = fc.oneof(
    { weight: 8, arbitrary: fc.constant<AccountStatus>('active') },
    { weight: 1, arbitrary: fc.constantFrom<AccountStatus>('frozen', 'closed') },
  );
  return fc
    .tuple(fc.array(balance, { minLength: 1, maxLength: 8 }), status)
    .map(([balances, accountStatus]) =>
      balances.map(({ net, ...given }, position) =>
        row({
          ...given,
          ...(net === undefined ? {} : { netMinor: net }),
          index: position * 2,
          accountStatus,
        }),
      ),
    );
}

function named(rows: readonly SubAccount[], accountId: string): SubAccount[] {
  return rows.map((each) => ({ ...each, accountId }));
}

function toCommand(request: Request, pick: Pick, accounts: readonly (readonly SubAccount[])[]): Command {
  const rows = accounts[pick.account % accounts.length] as readonly SubAccount[];
  const accountId = (rows[0] as SubAccount).accountId;
  const subAccount =
    pick.row === MISSING_ROW ? MISSING_INDEX : (rows[pick.row % rows.length] as SubAccount).index;
  const { kind, amountMinor } = request;
  if (kind === 'transferIn')
    return transferIn({ accountId, transferId: `t${request.key}`, amountMinor, subAccount });

  const common = {
    accountId,
    requestId: `k${request.key}`,
    amountMinor,
    fingerprint: `${kind} ${amountMinor}`,
    subAccount,
    epoch: pick.epoch,
  };
  if (kind === 'deduct') return deduct(common);
  const others = rows.map((each) => each.index).filter((index) => index !== subAccount);
  const spreadOver = request.spread ? others.map((index) => ({ shard: 'elsewhere', subAccount: index })) : [];
  return credit({ ...common, spreadOver });
}
