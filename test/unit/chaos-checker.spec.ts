import type { Breach, Rule } from '../../tools/chaos/check/breach';
import { check } from '../../tools/chaos/check/check';
import type { Dump, EntryDump, RowDump, TransferDump } from '../../tools/chaos/check/dump';
import { gather } from '../../tools/chaos/check/evidence';
import type { Called, HistoryEvent } from '../../tools/chaos/history/events';

/** What a run was and what it left behind, to be falsified. */
interface World {
  history: HistoryEvent[];
  rows: Record<'s0' | 's1', RowDump[]>;
  entries: Record<'s0' | 's1', EntryDump[]>;
  transfers: Record<'s0' | 's1', TransferDump[]>;
  operations: { id: string; status: string; step: string }[];
  changing: boolean;
}

const ACCOUNT = 'a';
const BODY = '{"requestId":"d1","shard":"s0"}';

/**
 * An account that was opened with 100, paid 30 for d1 (asked twice, the first answer lost) and refused 90 for d2 while
 * 70 was left; then 20 went from one shard to the other. d3 got no answer, and none when asked again but a refusal.
 */
function soundWorld(): World {
  return {
    history: [
      asked(0, 'opening balance', 'creation', 100),
      called(0, { fromMs: 0, toMs: 1, status: 201, body: '{"id":"a"}' }),
      asked(1, 'd1', 'deduction', 30),
      called(1, { fromMs: 10, toMs: 20 }),
      called(1, { fromMs: 21, toMs: 25, status: 200, body: BODY }),
      asked(2, 'd2', 'deduction', 90),
      called(2, { fromMs: 30, toMs: 31, status: 422, code: 'INSUFFICIENT_FUNDS' }),
      asked(3, 'd3', 'deduction', 71),
      called(3, { fromMs: 32, toMs: 33, status: 503, code: 'SHARD_UNAVAILABLE' }),
      called(3, { fromMs: 34, toMs: 35, status: 422, code: 'INSUFFICIENT_FUNDS' }),
      called(1, { fromMs: 36, toMs: 37, status: 200, body: BODY, door: 'lookup' }),
      { event: 'status', account: ACCOUNT, to: 'frozen', fromMs: 40, toMs: 41, status: 200 },
      { event: 'status', account: ACCOUNT, to: 'active', fromMs: 50, toMs: 51, status: 200 },
      { event: 'operation', operationId: 'o', kind: 'audit', ended: 'done', balanced: true },
      balance('70', 60),
      { ...balance('70', 70), final: true },
    ],
    rows: {
      s0: [{ account: ACCOUNT, index: 0, available: 50n, held: 0n, net: 70n, moved: -20n }],
      s1: [{ account: ACCOUNT, index: 1, available: 20n, held: 0n, net: 0n, moved: 20n }],
    },
    entries: {
      s0: [
        { account: ACCOUNT, key: 'opening balance', kind: 'credit', amount: 100n },
        { account: ACCOUNT, key: 'd1', kind: 'deduction', amount: 30n },
      ],
      s1: [],
    },
    transfers: { s0: [transfer('out', 20n)], s1: [transfer('in', 20n)] },
    operations: [{ id: 'o', status: 'done', step: 'ended' }],
    changing: false,
  };
}

const FALSIFICATIONS: readonly [name: string, rules: readonly Rule[], falsify: (world: World) => void][] = [
  [
    'an acknowledged deduction without an entry',
    ['acknowledgedLost', 'netNotEntries', 'balanceImpossible', 'wrongRefusal'],
    ({ entries }) => entries.s0.pop(),
  ],
  [
    'a creation that was acknowledged and has no opening balance',
    ['acknowledgedLost', 'netNotEntries', 'balanceImpossible'],
    ({ entries }) => entries.s0.shift(),
  ],
  [
    'a key with entries on two shards',
    ['doubleEffect', 'netNotEntries'],
    ({ entries }) => entries.s1.push({ account: ACCOUNT, key: 'd1', kind: 'deduction', amount: 30n }),
  ],
  [
    'an entry of a key that was refused for certain, every time',
    ['effectOfRefused', 'netNotEntries'],
    ({ entries }) => entries.s1.push({ account: ACCOUNT, key: 'd2', kind: 'deduction', amount: 90n }),
  ],
  [
    'an entry that nobody asked for',
    ['unaskedEffect', 'netNotEntries'],
    ({ entries }) => entries.s1.push({ account: ACCOUNT, key: 'd9', kind: 'deduction', amount: 5n }),
  ],
  [
    'an entry of another amount than was asked for',
    ['unaskedEffect', 'netNotEntries'],
    ({ entries }) => (entries.s0[1] = { account: ACCOUNT, key: 'd1', kind: 'deduction', amount: 31n }),
  ],
  [
    'a deduction booked as a credit',
    ['unaskedEffect', 'netNotEntries'],
    ({ entries }) => (entries.s0[1] = { account: ACCOUNT, key: 'd1', kind: 'credit', amount: 30n }),
  ],
  [
    'a replay with another body',
    ['bodyChanged'],
    ({ history }) => history.push(called(1, { fromMs: 80, toMs: 81, status: 200, body: '{}' })),
  ],
  [
    'a refusal of a key that was acknowledged',
    ['replayRefused', 'wrongRefusal'],
    ({ history }) =>
      history.push(called(1, { fromMs: 80, toMs: 81, status: 422, code: 'INSUFFICIENT_FUNDS' })),
  ],
  [
    'a look-up that misses what was acknowledged',
    ['lookUpMissed'],
    ({ history }) =>
      history.push(called(1, { fromMs: 80, toMs: 81, status: 404, code: 'ENTRY_NOT_FOUND', door: 'lookup' })),
  ],
  [
    'a charge that the screening service rejects',
    ['screenedWrongly', 'netNotEntries'],
    ({ history, entries }) => {
      history.push(
        asked(4, 'd7', 'deduction', 1),
        called(4, { fromMs: 80, toMs: 81, status: 202, door: 'later' }),
      );
      history.push(called(4, { fromMs: 90, toMs: 91, status: 200, door: 'outcome' }));
      entries.s0.push({ account: ACCOUNT, key: 'd7', kind: 'deduction', amount: 1n });
    },
  ],
  [
    'a charge that was screened out and passes',
    ['screenedWrongly'],
    ({ history }) => {
      history.push(
        asked(4, 'd8', 'deduction', 1),
        called(4, { fromMs: 80, toMs: 81, status: 202, door: 'later' }),
      );
      history.push(called(4, { fromMs: 90, toMs: 91, status: 422, code: 'SCREENED_OUT', door: 'outcome' }));
    },
  ],
  [
    'a refusal for want of funds that were there',
    ['wrongRefusal'],
    ({ history }) => {
      history.push(asked(4, 'd4', 'deduction', 70));
      history.push(called(4, { fromMs: 90, toMs: 91, status: 422, code: 'INSUFFICIENT_FUNDS' }));
    },
  ],
  [
    'a deduction paid while the account was frozen',
    ['frozenPaid', 'netNotEntries', 'balanceImpossible'],
    ({ history, entries }) => {
      history.push(asked(4, 'd4', 'deduction', 1), called(4, { fromMs: 44, toMs: 45, status: 201 }));
      entries.s0.push({ account: ACCOUNT, key: 'd4', kind: 'deduction', amount: 1n });
    },
  ],
  [
    'a refusal for a freeze that was not there',
    ['frozenWrongly'],
    ({ history }) => {
      history.push(asked(4, 'd4', 'deduction', 1));
      history.push(called(4, { fromMs: 60, toMs: 61, status: 409, code: 'ACCOUNT_FROZEN' }));
    },
  ],
  ['a balance that there never was', ['balanceImpossible'], ({ history }) => history.push(balance('71', 80))],
  [
    'an answer that is a defect',
    ['unexpectedAnswer', 'unresolved'],
    ({ history }) => {
      history.push(asked(4, 'd4', 'deduction', 1));
      history.push(called(4, { fromMs: 80, toMs: 81, status: 500, code: 'INTERNAL' }));
    },
  ],
  [
    'a key whose fate nobody told',
    ['unresolved'],
    ({ history }) => history.push(asked(4, 'd4', 'deduction', 1), called(4, { fromMs: 80, toMs: 90 })),
  ],
  [
    'a row that holds less than nothing',
    ['negativeRow', 'rowUnbalanced', 'balanceNotRows'],
    ({ rows }) => (rows.s1[0] = { ...(rows.s1[0] as RowDump), available: -1n }),
  ],
  [
    'a row that has more than came to it',
    ['rowUnbalanced', 'balanceNotRows'],
    ({ rows }) => (rows.s0[0] = { ...(rows.s0[0] as RowDump), available: 51n }),
  ],
  [
    'a row that moved what no transfer tells of',
    ['movedUnaccounted', 'balanceNotRows'],
    ({ rows }) => (rows.s0[0] = { ...(rows.s0[0] as RowDump), available: 51n, moved: -19n }),
  ],
  [
    'a transfer that arrived and never left',
    ['transferUnpaired', 'movedUnaccounted'],
    ({ transfers }) => transfers.s0.pop(),
  ],
  [
    'a transfer that arrived as another amount',
    ['transferUnpaired', 'movedUnaccounted'],
    ({ transfers }) => (transfers.s1[0] = transfer('in', 21n)),
  ],
  [
    'a transfer that arrived twice',
    ['transferUnpaired', 'movedUnaccounted'],
    ({ transfers }) => transfers.s1.push(transfer('in', 20n)),
  ],
  [
    'a transfer that has not arrived',
    ['inTransit', 'movedUnaccounted'],
    ({ transfers }) => transfers.s1.pop(),
  ],
  [
    'a transfer that arrived and is still pending',
    ['inTransit'],
    ({ transfers }) => (transfers.s0[0] = { ...transfer('out', 20n), isPending: true }),
  ],
  [
    'an operation that has not ended',
    ['operationOpen'],
    ({ operations }) => operations.push({ id: 'p', status: 'running', step: 'fencing' }),
  ],
  ['an account that is still being changed', ['operationOpen'], (world) => (world.changing = true)],
  [
    'a balance in the end that is not what the rows hold',
    ['balanceNotRows', 'balanceImpossible'],
    ({ history }) => history.push({ ...balance('69', 90), final: true }),
  ],
  [
    'an audit that found something',
    ['auditUnbalanced'],
    ({ history }) =>
      history.push({ event: 'operation', operationId: 'q', kind: 'audit', ended: 'done', balanced: false }),
  ],
];

describe('the checker of a chaos run', () => {
  it('finds nothing in a run in which nothing is wrong', async () => {
    expect(await judge(soundWorld())).toEqual([]);
  });

  it.each(FALSIFICATIONS)('names %s', async (_name, rules, falsify) => {
    const world = soundWorld();
    falsify(world);
    const named = (await judge(world)).map(({ rule }) => rule);
    expect([...new Set(named)].sort()).toEqual([...rules].sort());
  });
});

function judge(world: World): Promise<Breach[]> {
  const dump: Dump = {
    shards: (['s0', 's1'] as const).map((name) => ({
      name,
      rows: world.rows[name],
      entries: world.entries[name],
      transfers: world.transfers[name],
    })),
    accounts: [{ account: ACCOUNT, status: 'active', isWhole: true, isChanging: world.changing }],
    operations: world.operations,
  };
  return gather(world.history).then((evidence) => check(evidence, dump));
}

function asked(op: number, key: string, kind: 'deduction' | 'creation', amount: number): HistoryEvent {
  return { event: 'asked', op, account: ACCOUNT, key, kind, amount: String(amount) };
}

function called(op: number, answer: Partial<Called> & { fromMs: number; toMs: number }): HistoryEvent {
  return { event: 'called', op, door: 'single', service: 0, ...answer };
}

function balance(total: string, atMs: number): HistoryEvent & { event: 'balance' } {
  const common = { event: 'balance', account: ACCOUNT, service: 0, consistency: 'current' } as const;
  return { ...common, fromMs: atMs, toMs: atMs + 1, status: 200, available: total, total };
}

function transfer(direction: 'out' | 'in', amount: bigint): TransferDump {
  return { account: ACCOUNT, id: 't', direction, from: 0, to: 1, amount, isPending: false };
}
