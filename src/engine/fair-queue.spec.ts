import { deduct } from '../../test/models/commands';
import { FairQueue, type TakeBounds } from './fair-queue';
import type { Waiting } from './set-aside';

const BOUNDS: TakeBounds = { commandsMax: 8, bulkMax: 8 };

/** A queue in which `ids` wait: `flow/account/request id`. */
function queueOf(...ids: readonly string[]): FairQueue {
  const queue = new FairQueue();
  for (const id of ids) queue.push(waiting(id));
  return queue;
}

function waiting(id: string, group?: object): Waiting {
  const [flow = '', accountId = '', requestId = ''] = id.split('/');
  return {
    command: deduct({ accountId, requestId }),
    flow,
    since: 0,
    group,
    resolve: () => undefined,
  };
}

function many(flow: string, count: number, account = 'acme'): string[] {
  return Array.from({ length: count }, (_, n) => `${flow}/${account}/${n}`);
}

const ids = (taken: readonly Waiting[]): string[] =>
  taken.map(
    ({ flow, command }) => `${flow}/${command.accountId}/${'requestId' in command ? command.requestId : ''}`,
  );

/** How many of each flow. */
function byFlow(taken: readonly Waiting[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { flow } of taken) counts[flow] = (counts[flow] ?? 0) + 1;
  return counts;
}

describe('the queue of a lane', () => {
  test('takes one flow of one account as it came', () => {
    const queue = queueOf(...many('a', 20));
    expect(ids(queue.take(BOUNDS))).toEqual(many('a', 20).slice(0, 8));
    expect(ids(queue.take(BOUNDS))).toEqual(many('a', 20).slice(8, 16));
    expect(queue.length).toBe(4);
  });

  test('takes what came last of a flow that has little waiting before the many of another', () => {
    const queue = queueOf(...many('a', 1_000), 'b/beta/0');
    expect(byFlow(queue.take(BOUNDS))).toEqual({ a: 7, b: 1 });
  });

  test('shares equally, and gives others what one does not need', () => {
    const queue = queueOf(...many('a', 100), ...many('b', 100), ...many('c', 1));
    expect(byFlow(queue.take({ commandsMax: 9, bulkMax: 9 }))).toEqual({ a: 4, b: 4, c: 1 });
  });

  test('serves every flow in turn when there are more of them than places', () => {
    const flows = Array.from({ length: 20 }, (_, n) => `key${n}`);
    const queue = queueOf(...flows.flatMap((flow) => many(flow, 3)));
    const served = [
      ...queue.take(BOUNDS),
      ...queue.take(BOUNDS),
      ...queue.take({ commandsMax: 4, bulkMax: 4 }),
    ];
    expect(Object.values(byFlow(served))).toEqual(Array(20).fill(1));
  });

  test('shares among the accounts of one flow', () => {
    const queue = queueOf(...many('a', 1_000, 'hot'), 'a/cold/0', 'a/cool/0');
    expect(ids(queue.take(BOUNDS))).toEqual(expect.arrayContaining(['a/cold/0', 'a/cool/0']));
  });

  test('fills a batch from more accounts than have a place in the first round', () => {
    const accounts = Array.from({ length: 100 }, (_, n) => `a bulk/account${n}/0`);
    const queue = queueOf(...accounts, 'b/beta/0');
    expect(byFlow(queue.take({ commandsMax: 50, bulkMax: 50 }))).toEqual({ 'a bulk': 49, b: 1 });
    expect(byFlow(queue.take({ commandsMax: 80, bulkMax: 80 }))).toEqual({ 'a bulk': 51 });
    expect(queue.length).toBe(0);
  });

  test('leaves items of large batches a quarter beside single requests, and takes no more than it may', () => {
    const queue = queueOf(...many('a bulk', 100), ...many('b bulk', 100), ...many('c', 100));
    expect(byFlow(queue.take({ commandsMax: 8, bulkMax: 8 }))).toEqual({ c: 6, 'a bulk': 1, 'b bulk': 1 });
    expect(byFlow(queueOf(...many('a bulk', 100)).take({ commandsMax: 8, bulkMax: 2 }))).toEqual({
      'a bulk': 2,
    });
  });

  test('cuts no group', () => {
    const queue = new FairQueue();
    const group = {};
    for (const id of many('a', 3)) queue.push(waiting(id));
    for (const id of ['a/acme/g1', 'a/acme/g2', 'a/acme/g3']) queue.push(waiting(id, group));
    queue.push(waiting('a/acme/last'));
    expect(ids(queue.take({ commandsMax: 4, bulkMax: 4 })).slice(3)).toEqual([
      'a/acme/g1',
      'a/acme/g2',
      'a/acme/g3',
    ]);
  });

  test('leaves what is not covered, and what stands behind it in its account', () => {
    const queue = queueOf(...many('a', 2), 'b/beta/0');
    const covers: TakeBounds['covers'] = (command) => command.accountId !== 'acme';
    expect(ids(queue.take({ ...BOUNDS, covers }))).toEqual(['b/beta/0']);
    expect(ids(queue.take(BOUNDS))).toEqual(many('a', 2));
  });

  test('tells what it would take, and leaves it', () => {
    const queue = queueOf(...many('a', 20), ...many('b', 2));
    const next = ids(queue.peek(BOUNDS));
    expect(ids(queue.peek(BOUNDS))).toEqual(next);
    expect(ids(queue.take(BOUNDS))).toEqual(next);
  });

  test('puts back in front', () => {
    const queue = queueOf(...many('a', 4));
    const taken = queue.take({ commandsMax: 2, bulkMax: 2 });
    queue.putBack(taken);
    expect(ids(queue.take(BOUNDS))).toEqual(many('a', 4));
    queue.putBack([waiting('a/acme/x'), waiting('a/acme/y')]);
    expect(ids(queue.take(BOUNDS))).toEqual(['a/acme/x', 'a/acme/y']);
  });

  test('removes an account whole, from every flow', () => {
    const queue = queueOf(...many('a', 3), 'a/beta/0', 'b/acme/7');
    expect(ids(queue.remove(new Set(['acme']))).sort()).toEqual([...many('a', 3), 'b/acme/7']);
    expect(queue.length).toBe(1);
    expect(ids(queue.take(BOUNDS))).toEqual(['a/beta/0']);
  });

  test('has the longest flow make room, the last that came first, and none for a longer one', () => {
    const queue = queueOf(...many('a', 10), ...many('b', 2));
    expect(queue.makeRoom('a', 1)).toEqual([]);
    expect(ids(queue.makeRoom('b', 2))).toEqual(['a/acme/9', 'a/acme/8']);
    expect(queue.makeRoom('b', 5)).toEqual([]);
    expect(queue.length).toBe(10);
  });

  test('loses nothing and takes nothing twice, whatever comes in between', () => {
    const queue = new FairQueue();
    const pushed: string[] = [];
    const taken: string[] = [];
    for (let n = 0; n < 5_000; n += 1) {
      const id = `key${n % 7}${n % 3 === 0 ? ' bulk' : ''}/account${n % 13}/${n}`;
      pushed.push(id);
      queue.push(waiting(id));
      if (n % 40 === 0) taken.push(...ids(queue.take({ commandsMax: 32, bulkMax: 8 })));
    }
    while (queue.length > 0) taken.push(...ids(queue.take({ commandsMax: 32, bulkMax: 32 })));
    expect(taken.sort()).toEqual(pushed.sort());
  });
});
