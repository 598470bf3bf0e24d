import * as fc from 'fast-check';
import type { Command, ConfirmCommand, ReverseCommand } from '../../src/ledger/command';
import { wrap64 } from '../../src/ledger/money';
import { type RowStatus, type SubAccount, withState } from '../../src/ledger/sub-account';
import {
  cancel,
  confirm,
  credit,
  deduct,
  expire,
  extend,
  fence,
  grant,
  hold,
  layout,
  level,
  payBack,
  payIn,
  payment,
  raise,
  reverse,
  row,
  setStatus,
  transferIn,
  transferOut,
} from './commands';

/** A shard with some accounts, and a stream of commands to them, already cut into batches. */
export interface World {
  readonly rows: readonly SubAccount[];
  readonly batches: readonly (readonly Command[])[];
}

const SIGNED_64_MAX = 2n ** 63n - 1n;

/** A sub-account that no account starts out with: its first command creates it. */
const MISSING_INDEX = 99;
const MISSING_ROW = 32;

const ROWS_MAX = 8;

const ELSEWHERE = { accountId: 'payee', shard: 'elsewhere', subAccount: 0 };

const ACCOUNTS = ['acme', 'Acme', 'b:2'];

/** Later than every epoch that a fence or a layout announces: nothing is turned back. */
const NEWEST_EPOCH = 9;

/**
 * Worlds in which everything happens: accounts short, empty, frozen, above their limit, closed; `net` about to wrap; keys repeated as they
 * were and with another request; large credits that are spread; money sent away under ids that come back; rows opened,
 * emptied and levelled; fences, layouts, statuses and grants that come late; holds that are over at once or last, confirmed,
 * cancelled and reversed in every order. In `unsettled` ones, some commands were routed by
 * an older placement than their row has reached, and some rows do not exist yet.
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
  readonly kind: Command['kind'];
  readonly key: number;
  readonly amountMinor: bigint;
  readonly spread: boolean;
  readonly exactly: boolean;
  /** Epoch, operation or version of a command that takes effect when it is newer. */
  readonly number: number;
  readonly status: RowStatus;
  /** Which rows are in use, by position. */
  readonly open: readonly boolean[];
}

interface Pick {
  readonly request: number;
  readonly account: number;
  readonly row: number;
  readonly epoch: number;
}

/** What is asked for how often, and under how many keys. */
interface Mixture {
  readonly kinds: Partial<Record<Command['kind'], number>>;
  readonly keys: number;
  /** At least so many requests, and about twice as many commands. */
  readonly requestsMin: number;
}

const OF_EVERYTHING: Mixture = {
  kinds: {
    ...{ deduct: 6, credit: 4, hold: 2, confirm: 1, cancel: 1, expire: 1, extend: 1, raise: 1, reverse: 1 },
    ...{
      transferIn: 1,
      transferOut: 1,
      payIn: 2,
      payBack: 1,
      fence: 1,
      layout: 1,
      status: 1,
      level: 1,
      grant: 2,
    },
  },
  keys: 15,
  requestsMin: 1,
};

/** So few keys that most of what is done to a hold or a deduction finds it, and finds it done to before. */
const OF_HOLDS: Mixture = {
  kinds: {
    ...{ deduct: 4, credit: 3, hold: 6, confirm: 8, cancel: 3, expire: 3, extend: 1, raise: 4, reverse: 8 },
    ...{ layout: 1, status: 1, level: 1, grant: 1 },
  },
  keys: 3,
  requestsMin: 10,
};

function stream(unsettled: boolean) {
  return fc.oneof(streamOf(OF_EVERYTHING, unsettled), streamOf(OF_HOLDS, unsettled));
}

/** Few requests and many picks, so that keys come back; two requests may share a key and differ. */
function streamOf({ kinds, keys, requestsMin }: Mixture, unsettled: boolean) {
  return fc.record({
    requests: fc.array(
      fc.record<Request>({
        kind: fc.oneof(
          ...Object.entries(kinds).map(([kind, weight]) => ({
            weight,
            arbitrary: fc.constant(kind as Command['kind']),
          })),
        ),
        key: fc.nat({ max: keys - 1 }),
        amountMinor: fc.oneof(
          { weight: 4, arbitrary: fc.bigInt(1n, 60n) },
          { weight: 1, arbitrary: fc.bigInt(61n, 400n) },
        ),
        spread: fc.boolean(),
        exactly: fc.boolean(),
        number: fc.integer({ min: 1, max: 4 }),
        status: fc.constantFrom<RowStatus>('active', 'active', 'active', 'frozen', 'overLimit', 'closed'),
        open: fc.array(fc.boolean(), { minLength: ROWS_MAX, maxLength: ROWS_MAX }),
      }),
      { minLength: requestsMin, maxLength: 16 },
    ),
    picks: fc.array(
      fc.record<Pick>({
        request: fc.nat({ max: 15 }),
        account: fc.nat({ max: 2 }),
        row: fc.nat({ max: unsettled ? MISSING_ROW : MISSING_ROW - 1 }),
        epoch: unsettled ? fc.constantFrom(1, 1, 1, 2, 3, NEWEST_EPOCH) : fc.constant(NEWEST_EPOCH),
      }),
      { minLength: 2 * requestsMin - 1, maxLength: 40 },
    ),
    batchLengths: batchLengths(),
  });
}

/** 1–8 rows of one account, some out of use; mostly small balances, and `net` and `moved` anywhere in 64 bits. */
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
    inUse: fc.constantFrom(true, true, true, false),
  });
  const status = fc.oneof(
    { weight: 8, arbitrary: fc.constant<RowStatus>('active') },
    { weight: 1, arbitrary: fc.constantFrom<RowStatus>('frozen', 'overLimit', 'closed') },
  );
  return fc
    .tuple(fc.array(balance, { minLength: 1, maxLength: ROWS_MAX }), status)
    .map(([balances, accountStatus]) =>
      balances.map(({ net, inUse, ...given }, position) =>
        withState(
          row({
            ...given,
            ...(net === undefined ? {} : { netMinor: net }),
            index: position * 2,
            accountStatus,
          }),
          inUse,
        ),
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
  const { kind, key, amountMinor, number } = request;
  const common = {
    accountId,
    requestId: `k${key}`,
    amountMinor,
    fingerprint: `${kind} ${amountMinor}`,
    subAccount,
    epoch: pick.epoch,
  };
  const { fingerprint, epoch } = common;
  const about = {
    accountId,
    subAccount,
    epoch,
    fingerprint,
    amountMinor: request.spread ? null : amountMinor,
  };
  const others = rows.map((each) => each.index).filter((index) => index !== subAccount);
  const inUse = rows.map((each) => each.index).filter((_, position) => request.open[position]);
  switch (kind) {
    case 'deduct':
      return request.exactly
        ? deduct({ ...common, fingerprint: `pay ${amountMinor}`, payee: ELSEWHERE })
        : deduct(common);
    // An id stands for one payment, so another amount is another id.
    case 'payIn':
      return payIn({
        accountId,
        subAccount,
        payment: payment({ requestId: `in${key} ${amountMinor}`, amountMinor }),
      });
    case 'payBack':
      return payBack({
        accountId,
        subAccount,
        payment: payment({ accountId, requestId: `out${key} ${amountMinor}`, amountMinor }),
      });
    case 'credit':
      return credit({
        ...common,
        spreadOver: request.spread
          ? others.map((index) => ({ shard: 'elsewhere', subAccount: index, rows: 1 }))
          : [],
      });
    case 'hold':
      return hold({ ...common, expiresInUs: request.exactly ? 0 : 1_000_000 });
    case 'confirm':
      return confirm({ ...about, ...captureIn(request), holdId: common.requestId });
    case 'cancel':
      return cancel({ ...about, holdId: common.requestId, leaveTombstone: request.spread });
    case 'expire':
      return expire({ accountId, subAccount, holdId: common.requestId });
    case 'extend':
      return extend({ ...about, holdId: common.requestId, expiresInUs: request.exactly ? 1 : 2_000_000 });
    case 'raise':
      return raise({ ...about, amountMinor, holdId: common.requestId });
    case 'reverse':
      return reverse({ ...about, ...reversedIn(request), reverses: common.requestId });
    case 'transferIn':
      // An id stands for one transfer, so another amount or row is another id.
      return transferIn({
        accountId,
        transferId: `in${key} ${amountMinor} ${subAccount}`,
        amountMinor,
        subAccount,
      });
    case 'transferOut':
      return transferOut({ accountId, transferId: `out${key} ${amountMinor}`, amountMaxMinor: amountMinor });
    case 'fence':
      return fence({ accountId, epoch: number });
    case 'layout':
      return layout(inUse, { accountId, operation: number, epoch: request.exactly ? number : 1 });
    case 'status':
      return setStatus({ accountId, status: request.status, version: number });
    case 'grant':
      return grant({ accountId, version: number, signedMinor: request.exactly ? -amountMinor : amountMinor });
    case 'level':
      return level({ accountId, exactly: request.exactly });
    case 'flush':
    case 'recall':
    case 'receive':
    case 'takeOver':
    case 'endIntake':
    case 'restoreHalf':
      throw new RangeError('neither leases nor lost shards nor the intake are part of these worlds');
  }
}

/** Half of the captures have an id, of which there are few, and of these some are the last ones. */
function captureIn({ amountMinor, spread, exactly, number, open }: Request): Partial<ConfirmCommand> {
  if (number < 3) return { captureId: null, isFinal: true, mayTakeMore: open[0] === true };
  const captureId = `c${number}`;
  const [mayTakeMore = false] = open;
  const fingerprint = `${captureId} ${spread ? 'all' : amountMinor} ${exactly} ${mayTakeMore}`;
  return { captureId, isFinal: exactly, mayTakeMore, fingerprint };
}

function reversedIn({ number, exactly, open, amountMinor }: Request): Partial<ReverseCommand> {
  const isCapture = number >= 3 && exactly;
  const of = open[1] === true && !isCapture ? 'credit' : 'deduction';
  const captureId = isCapture ? `c${number}` : null;
  const fingerprint = `back ${of} ${captureId ?? ''} ${amountMinor}`;
  return { of, captureId, fingerprint, requestId: `back${number}` };
}
