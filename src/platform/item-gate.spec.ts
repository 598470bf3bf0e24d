import { TestClock } from '../../test/models/test-clock';
import { ItemGate } from './item-gate';

/** A clock whose event loop comes round when the test says so. */
class Loop extends TestClock {
  #waiting: (() => void)[] = [];

  override turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  async comeRound(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve();
    for (let n = 0; n < 5; n += 1) await Promise.resolve();
  }
}

function setUp({ itemsMax = 100_000, isMixed = false } = {}) {
  const loop = new Loop();
  const begun: string[] = [];
  const refused: string[] = [];
  const ends: { keyId: string; end: () => void }[] = [];
  const gate = new ItemGate({
    surroundings: loop,
    itemsMax,
    waitMsMax: 1_000,
    isMixed: () => isMixed,
    refused: (items, keyId) => refused.push(`${keyId} ${items}`),
  });
  const feed = (name: string, count: number): void => {
    const [keyId = ''] = name.split('.');
    gate.feed({
      keyId,
      count,
      begin: (from, to, ended) => {
        for (let n = from; n < to; n += 1) {
          begun.push(name);
          ends.push({ keyId, end: ended });
        }
      },
      refuse: (from) => refused.push(`${name} from ${from}`),
    });
  };
  const endAll = (of = ''): void => {
    for (const each of ends.splice(0))
      if (each.keyId.startsWith(of)) each.end();
      else ends.push(each);
  };
  return { loop, gate, feed, begun, refused, endAll };
}

const count = (begun: readonly string[], name: string): number =>
  begun.filter((each) => each === name).length;

describe('the gate of items', () => {
  it('begins a small batch at once', () => {
    const { feed, begun } = setUp();
    feed('a.1', 3);
    expect(begun).toHaveLength(3);
  });

  it('begins no more in a turn of the event loop than takes some milliseconds, and rests when all have begun', async () => {
    const { loop, feed, begun, gate } = setUp();
    feed('a.1', 1_100);
    expect(begun).toHaveLength(512);
    await loop.comeRound();
    expect(begun).toHaveLength(1_024);
    await loop.comeRound();
    expect(begun).toHaveLength(1_100);
    expect(gate.waiting).toBe(0);
    await loop.comeRound();
    expect(loop.isIdle).toBe(true);
  });

  it('begins fewer in a turn while somebody waits for single requests', async () => {
    const { loop, feed, begun } = setUp({ isMixed: true });
    feed('a.1', 1_000);
    expect(begun).toHaveLength(64);
    await loop.comeRound();
    expect(begun).toHaveLength(128);
  });

  it('gives keys their turns, however many batches one has before the other comes', async () => {
    const { loop, feed, begun } = setUp();
    for (let n = 0; n < 16; n += 1) feed(`a.${n}`, 5_000);
    feed('b.1', 300);
    await loop.comeRound();
    await loop.comeRound();
    expect(count(begun, 'b.1')).toBe(300);
  });

  it('begins one batch of a key after the other', async () => {
    const { loop, feed, begun } = setUp();
    feed('a.1', 800);
    feed('a.2', 800);
    await loop.comeRound();
    expect(count(begun, 'a.1')).toBe(800);
    expect(count(begun, 'a.2')).toBe(224);
  });

  it('leaves room for others when one key’s items do not end', async () => {
    const { loop, feed, begun, endAll } = setUp({ itemsMax: 1_024 });
    feed('stuck.1', 5_000);
    for (let n = 0; n < 20; n += 1) await loop.comeRound();
    expect(begun).toHaveLength(512);
    feed('b.1', 1_000);
    for (let n = 0; n < 20; n += 1) {
      await loop.comeRound();
      endAll('b');
    }
    expect(count(begun, 'b.1')).toBe(1_000);
  });

  it('goes on as items end', async () => {
    const { loop, feed, begun, endAll } = setUp({ itemsMax: 200 });
    feed('a.1', 1_000);
    for (let n = 0; n < 40; n += 1) {
      endAll();
      await loop.comeRound();
    }
    expect(begun).toHaveLength(1_000);
  });

  it('refuses what has waited for too long, and only that', async () => {
    const { loop, feed, begun, refused, gate } = setUp({ itemsMax: 128 });
    feed('a.1', 200);
    await loop.comeRound();
    loop.pass(1_000);
    const from = begun.length;
    expect(refused).toEqual([`a ${200 - from}`, `a.1 from ${from}`]);
    expect(gate.waiting).toBe(0);
  });
});
