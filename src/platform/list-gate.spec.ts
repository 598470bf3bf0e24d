import { TestClock } from '../../test/models/test-clock';
import { ListGate, type ListPass } from './list-gate';

function setUp() {
  const clock = new TestClock();
  const refused: string[] = [];
  const gate = new ListGate({
    surroundings: clock,
    waitMsMax: 5_000,
    refused: (reason, keyId) => refused.push(`${keyId}: ${reason}`),
  });
  const cutOff: string[] = [];
  const ask = (keyId: string, { rows = 1_000, connection }: { rows?: number; connection?: object } = {}) => {
    const pass = gate.ask({
      keyId,
      rows,
      ...(connection && { connection }),
      cutOff: () => cutOff.push(keyId),
    });
    const state: { begun: boolean | undefined } = { begun: undefined };
    void pass.begun.then((may) => (state.begun = may));
    return { pass, state };
  };
  /** A list that takes some time to read and write out, and is taken at once. */
  const done = (pass: ListPass, tookMs: number): void => {
    clock.pass(tookMs);
    pass.answered();
    pass.gone();
  };
  return { clock, gate, refused, cutOff, ask, done };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const hasBegun = async (states: readonly { readonly begun: boolean | undefined }[]): Promise<number> => {
  await settled();
  return states.filter(({ begun }) => begun === true).length;
};

describe('the gate of lists', () => {
  it('reads one long list at a time, and leaves as much time to others as it took', async () => {
    const { clock, ask, done } = setUp();
    const [first, second] = [ask('a'), ask('b')];
    expect(await hasBegun([first.state, second.state])).toBe(1);
    done(first.pass, 40);
    clock.pass(39);
    expect(await hasBegun([second.state])).toBe(0);
    clock.pass(1);
    expect(await hasBegun([second.state])).toBe(1);
  });

  it('reads many short lists at once', async () => {
    const { ask } = setUp();
    const asked = Array.from({ length: 30 }, () => ask('a', { rows: 50 }));
    expect(await hasBegun(asked.map(({ state }) => state))).toBe(20);
  });

  it('does not wait for a list that waits for a database', async () => {
    const { clock, ask } = setUp();
    const [first, second] = [ask('a'), ask('b')];
    clock.pass(249);
    expect(await hasBegun([second.state])).toBe(0);
    clock.pass(1);
    expect(await hasBegun([first.state, second.state])).toBe(2);
  });

  it('takes keys in turn, whatever one of them has waiting', async () => {
    const { clock, ask, done } = setUp();
    const greedy = Array.from({ length: 100 }, () => ask('greedy'));
    const other = ask('other');
    for (const { pass } of greedy.slice(0, 2)) {
      done(pass, 1);
      clock.pass(1);
    }
    expect(await hasBegun([other.state])).toBe(1);
    expect(await hasBegun(greedy.map(({ state }) => state))).toBe(2);
  });

  it('reads one list after another for a connection, and goes on for others meanwhile', async () => {
    const { clock, ask } = setUp();
    const connection = {};
    const first = ask('a', { connection, rows: 10 });
    const second = ask('a', { connection, rows: 10 });
    const elsewhere = ask('a', { connection: {}, rows: 10 });
    first.pass.answered();
    clock.pass(1_000);
    expect(await hasBegun([first.state, second.state, elsewhere.state])).toBe(2);
    expect(second.state.begun).toBeUndefined();
    first.pass.gone();
    expect(await hasBegun([second.state])).toBe(1);
  });

  it('holds back a key whose answers are not taken, and no other', async () => {
    const { clock, ask } = setUp();
    const unread = [];
    for (let n = 0; n < 40; n += 1) {
      const list = ask('unread');
      await settled();
      list.pass.answered();
      clock.pass(1);
      unread.push(list.state);
    }
    // Half of what all have together: a key that is alone may have that.
    expect(await hasBegun(unread)).toBe(16);
    const other = ask('other');
    expect(await hasBegun([other.state])).toBe(1);
  });

  it('ends the connection of whoever does not take an answer in 30 seconds', async () => {
    const { clock, ask, cutOff, refused } = setUp();
    const list = ask('a');
    await settled();
    list.pass.answered();
    clock.pass(29_999);
    expect(cutOff).toEqual([]);
    clock.pass(1);
    expect(cutOff).toEqual(['a']);
    expect(refused).toEqual(['a: unread']);
  });

  it('refuses what has waited for 5 seconds, and what comes while too many wait', async () => {
    const { clock, gate, ask, refused } = setUp();
    const connection = {};
    const lists = Array.from({ length: 258 }, () => ask('a', { connection }));
    expect(gate.waiting).toBe(256);
    await settled();
    expect(lists.map(({ state }) => state.begun).filter((begun) => begun === false)).toHaveLength(1);
    clock.pass(5_000);
    await settled();
    expect(gate.waiting).toBe(0);
    expect(lists.filter(({ state }) => state.begun === false)).toHaveLength(257);
    expect(new Set(refused)).toEqual(new Set(['a: waiting', 'a: waited']));
  });

  it('forgets whoever goes while waiting', async () => {
    const { gate, ask, clock, refused } = setUp();
    const first = ask('a');
    const second = ask('a');
    second.pass.gone();
    expect(gate.waiting).toBe(0);
    await settled();
    expect(second.state.begun).toBe(false);
    clock.pass(10_000);
    first.pass.gone();
    first.pass.gone();
    clock.pass(10_000);
    const third = ask('b');
    expect(await hasBegun([third.state])).toBe(1);
    expect(refused).toEqual([]);
  });
});
