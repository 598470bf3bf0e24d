import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { TestClock } from '../../test/models/test-clock';
import { ListGate, type ListPass } from '../platform/list-gate';
import { REAL_SURROUNDINGS, type Surroundings } from '../shards/surroundings';
import { EVENT_STREAM_SETTINGS, EventStream, type EventStreamParts } from './event-stream';
import type { EventsPage } from './events.service';

const CONFIRM_MS = 1_250;

/** A reader that keeps up: it has taken everything the moment it was written. */
class Reader extends EventEmitter {
  readonly written: string[] = [];
  hasEnded = false;

  writeHead(): void {
    return undefined;
  }

  write(text: string): boolean {
    this.written.push(text);
    return true;
  }

  end(): void {
    this.hasEnded = true;
  }
}

const page = (hasMore: boolean): EventsPage => ({
  kind: 'page',
  events: [],
  cursor: new Map(),
  hasMore,
  away: [],
});

const given = (may: boolean): ListPass => ({
  begun: Promise.resolve(may),
  answered: () => undefined,
  gone: () => undefined,
});

function streamOf(surroundings: Surroundings, parts: Partial<EventStreamParts>) {
  const reader = new Reader();
  const stream = new EventStream({
    ask: () => given(true),
    confirm: () => Promise.resolve(true),
    next: () => Promise.resolve(page(false)),
    beyond: (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve();
        });
      }),
    cutOff: () => undefined,
    source: 'here',
    surroundings,
    settings: { ...EVENT_STREAM_SETTINGS, confirmMs: CONFIRM_MS },
    ...parts,
  });
  const run = async (): Promise<void> => {
    const first = await stream.read('oldest');
    if (!first) throw new Error('no turn');
    await stream.run(reader as unknown as ServerResponse, {}, first);
  };
  return { stream, reader, run };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a stream of events', () => {
  it('gives the event loop a turn before each page, of a store that answers at once and to a reader that keeps up', async () => {
    let turns = 0;
    const count = (): void => {
      turns += 1;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    const gate = new ListGate({
      surroundings: REAL_SURROUNDINGS,
      waitMsMax: 600_000,
      refused: () => undefined,
    });
    const readIn: number[] = [];
    const { stream, run } = streamOf(REAL_SURROUNDINGS, {
      ask: () => gate.ask({ keyId: 'a', rows: 100, cutOff: () => undefined }),
      next: () => {
        readIn.push(turns);
        if (readIn.length === 20) stream.end();
        return Promise.resolve(page(true));
      },
    });
    await run();
    clearImmediate(counting);
    expect(readIn).toHaveLength(20);
    expect(new Set(readIn).size).toBe(20);
  });

  it('leaves as much time to others as each page took', async () => {
    const clock = new TestClock();
    let pages = 0;
    const { stream, run } = streamOf(clock, {
      next: () => {
        clock.pass(40);
        if ((pages += 1) === 4) stream.end();
        return Promise.resolve(page(true));
      },
    });
    await run();
    expect(clock.sleptMs.slice(0, 3)).toEqual([40, 40, 40]);
  });

  it('asks again when it was given no turn', async () => {
    const clock = new TestClock();
    const passes = [true, false, false, true];
    let pages = 0;
    const { stream, run } = streamOf(clock, {
      ask: () => given(passes.shift() ?? true),
      next: () => {
        if ((pages += 1) === 2) stream.end();
        return Promise.resolve(page(true));
      },
    });
    await run();
    expect(pages).toBe(2);
    expect(passes).toEqual([]);
    expect(clock.sleptMs.filter((ms) => ms === EVENT_STREAM_SETTINGS.askAgainMs)).toHaveLength(2);
  });

  it('reads nothing more for a key that was deleted, and gives its turn back', async () => {
    const may = [true, true, false];
    const read: string[] = [];
    const gate = new ListGate({
      surroundings: REAL_SURROUNDINGS,
      waitMsMax: 600_000,
      refused: () => undefined,
    });
    const connection = {};
    const ask = (): ListPass => gate.ask({ keyId: 'a', rows: 100, connection, cutOff: () => undefined });
    const { stream, reader, run } = streamOf(new TestClock(), {
      ask,
      confirm: () => Promise.resolve(may.shift() ?? true),
      next: () => {
        if (read.push('page') === 10) stream.end();
        return Promise.resolve(page(true));
      },
    });
    await run();
    expect(read).toHaveLength(2);
    expect(reader.hasEnded).toBe(true);
    expect(await ask().begun).toBe(true);
  });

  it('ends when its key is deleted while nothing happens', async () => {
    const clock = new TestClock();
    let isDeleted = false;
    const { reader, run } = streamOf(clock, { confirm: () => Promise.resolve(!isDeleted) });
    const running = run();
    await settled();
    clock.pass(CONFIRM_MS);
    await settled();
    expect(reader.hasEnded).toBe(false);
    isDeleted = true;
    clock.pass(CONFIRM_MS);
    await settled();
    expect(reader.hasEnded).toBe(true);
    await running;
  });

  it('cuts a reader off that does not take what it is sent', async () => {
    const clock = new TestClock();
    let isCutOff = false;
    const { reader, run } = streamOf(clock, { cutOff: () => (isCutOff = true) });
    reader.write = () => false;
    const running = run();
    await settled();
    expect(isCutOff).toBe(false);
    clock.pass(EVENT_STREAM_SETTINGS.takeMsMax);
    await running;
    expect(isCutOff).toBe(true);
  });
});
