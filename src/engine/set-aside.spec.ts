import { deduct } from '../../test/models/commands';
import type { Command } from '../ledger/command';
import { AccountsLockedError } from '../shards/faults';
import type { LaneOutcome } from './engine-outcome';
import { SetAside, type Waiting } from './set-aside';

const SETTINGS = { batchCommandsMax: 8, depthMax: 32, waitMsMax: 10_000, breakMs: 500 };

describe('accounts that are set aside', () => {
  test('are tried together; one whose rows are locked keeps the others from nothing', async () => {
    const world = new World({ rows: ['a'] });
    for (const accountId of ['a', 'b', 'c']) world.add(accountId, accountId);
    await world.pass();

    expect(world.runs).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
    ]);
    expect(world.answers).toEqual([
      ['b', 'settled'],
      ['c', 'settled'],
    ]);
    expect(world.isAside).toEqual(['a']);

    world.rows.clear();
    await world.pass();
    expect(world.answers.at(-1)).toEqual(['a', 'settled']);
    expect(world.isAside).toEqual([]);
  });

  test('are tried one by one where no row is to blame', async () => {
    const world = new World({ places: ['b'] });
    for (const accountId of ['a', 'b', 'c']) world.add(accountId, accountId);
    await world.pass();
    expect(world.runs).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']]);
    expect(world.isAside).toEqual(['b']);
  });

  test('go back to the lane after a batch, with what came in meanwhile', async () => {
    const world = new World();
    for (let n = 0; n < 3; n += 1) world.add('a', `r${n}`);
    world.meanwhile = () => {
      world.add('a', 'late');
    };
    await world.pass();
    expect(world.answers.map(([requestId]) => requestId)).toEqual(['r0', 'r1', 'r2']);
    expect(world.takenBack).toEqual(['late']);
    expect(world.aside.depth).toBe(0);
  });

  test('have a bounded number of commands waiting, one account and all of them; a group is let in whole', () => {
    const world = new World({ rows: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'] });
    const group = {};
    for (let n = 0; n < 3; n += 1) world.add('a', `a${n}`);
    world.add('a', 'g0', group);
    world.add('a', 'g1', group);
    world.add('a', 'more');
    expect(world.answers).toEqual([['more', 'overloaded']]);
    for (const accountId of ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'])
      for (let n = 0; n < 4; n += 1) world.add(accountId, `${accountId}${n}`);
    expect(world.aside.depth).toBe(SETTINGS.depthMax);
  });

  test('are answered before their time is over, and never as undone where they may be done', async () => {
    const world = new World({ rows: ['a'] });
    world.add('a', 'undone');
    world.add('a', 'perhaps').mayHaveCommitted = true;
    while (world.aside.depth > 0) await world.pass();
    expect(world.answers).toEqual([
      ['undone', 'overloaded'],
      ['perhaps', 'shardUnavailable'],
    ]);
    expect(world.nowMs).toBeLessThan(SETTINGS.waitMsMax);
  });

  test('stay for a while when nothing waits for them any more, or until the lane is to end', async () => {
    const world = new World({ rows: ['a'] });
    world.add('a', 'r');
    while (world.aside.depth > 0) await world.pass();
    expect(world.isAside).toEqual(['a']);
    world.aside.drain();
    await world.pass();
    expect(world.isAside).toEqual([]);
  });
});

/** Accounts that are locked, by their rows or by a place in an index, and time that a test lets pass. */
class World {
  readonly rows: Set<string>;
  readonly places: Set<string>;
  readonly runs: string[][] = [];
  readonly answers: [string, LaneOutcome['kind']][] = [];
  readonly takenBack: string[] = [];
  meanwhile = (): void => undefined;
  nowMs = 0;
  readonly #aside = new Set<string>();
  readonly #sleepers: (() => void)[] = [];

  readonly aside = new SetAside({
    shard: { name: 's0' },
    settings: SETTINGS,
    observer: {
      accountSetAside: ({ accountId, isAside }) => {
        if (isAside) this.#aside.add(accountId);
        else this.#aside.delete(accountId);
      },
    },
    now: () => this.nowMs,
    sleep: () => new Promise((resolve) => this.#sleepers.push(resolve)),
    run: (batch) => Promise.resolve(this.#run(batch)),
    takeBack: (waiting) => this.takenBack.push(...waiting.map(({ command }) => requestIdOf(command))),
  });

  constructor({ rows = [], places = [] }: { rows?: string[]; places?: string[] } = {}) {
    this.rows = new Set(rows);
    this.places = new Set(places);
  }

  get isAside(): string[] {
    return [...this.#aside];
  }

  add(accountId: string, requestId: string, group?: object): Waiting {
    const waiting: Waiting = {
      command: deduct({ accountId, requestId }),
      flow: 'key',
      since: this.nowMs,
      group,
      resolve: ({ kind }) => this.answers.push([requestId, kind]),
    };
    this.aside.open(accountId);
    this.aside.add(waiting);
    return waiting;
  }

  /** Everybody who sleeps wakes, and does what there is to do. */
  async pass(): Promise<void> {
    this.nowMs += 100;
    for (const wake of this.#sleepers.splice(0)) wake();
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  }

  #run(batch: readonly Waiting[]): AccountsLockedError | undefined {
    const accountIds = [...new Set(batch.map(({ command }) => command.accountId))];
    this.runs.push(accountIds);
    const named = new Set(accountIds.filter((accountId) => this.rows.has(accountId)));
    if (named.size > 0 || accountIds.some((accountId) => this.places.has(accountId)))
      return new AccountsLockedError('s0', named, false);
    this.meanwhile();
    for (const { resolve } of batch) resolve({ kind: 'settled' });
    return undefined;
  }
}

function requestIdOf(command: Command): string {
  return 'requestId' in command ? command.requestId : command.kind;
}
