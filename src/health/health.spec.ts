import { TestClock } from '../../test/models/test-clock';
import { promisesSettled } from '../../test/models/turns';
import type { EngineRuntime } from '../engine/runtime';
import { Health } from './health';

function setUp() {
  const clock = new TestClock();
  const asked = { directory: 0, shard: 0 };
  const full = new Set<string>();
  const gates: (() => void)[] = [];
  const ping = (): Promise<void> => new Promise((resolve) => gates.push(resolve));
  const runtime = {
    surroundings: clock,
    registry: { refused: new Map() },
    room: { isFull: (database: string) => full.has(database) },
    directory: { ping: () => ((asked.directory += 1), ping()) },
    shards: { all: [{ shard: { name: 's0', ping: () => ((asked.shard += 1), ping()) } }] },
  } as unknown as EngineRuntime;
  const answer = (): void => {
    for (const open of gates.splice(0)) open();
  };
  return { clock, asked, full, answer, health: new Health(runtime) };
}

describe('readiness', () => {
  test('is looked up once for all who ask at the same time', async () => {
    const { health, asked, answer } = setUp();
    const all = Promise.all(Array.from({ length: 2_000 }, () => health.readiness()));
    await promisesSettled();
    answer();
    expect(new Set((await all).map(({ status }) => status))).toEqual(new Set(['ready']));
    expect(asked).toEqual({ directory: 1, shard: 1 });
  });

  test('is told again for half a second, and looked up again after it', async () => {
    const { health, asked, answer, clock } = setUp();
    const first = health.readiness();
    answer();
    await first;
    clock.pass(499);
    expect(await health.readiness()).toMatchObject({ status: 'ready' });
    expect(asked.shard).toBe(1);
    clock.pass(1);
    const next = health.readiness();
    answer();
    await next;
    expect(asked.shard).toBe(2);
  });

  test('of an instance that stops is told at once, whatever was remembered', async () => {
    const { health, answer } = setUp();
    const first = health.readiness();
    answer();
    await first;
    health.stopping();
    expect(await health.readiness()).toMatchObject({ status: 'stopping', shards: { s0: 'up' } });
  });

  test('is not there while a shard that answers has no room left', async () => {
    const { health, full, answer } = setUp();
    full.add('s0');
    const asked = health.readiness();
    answer();
    expect(await asked).toEqual({ status: 'unavailable', directory: 'up', shards: { s0: 'full' } });
  });

  test('is not waited for longer than two seconds', async () => {
    const { health, clock } = setUp();
    const asked = health.readiness();
    clock.pass(2_000);
    expect(await asked).toEqual({ status: 'unavailable', directory: 'down', shards: { s0: 'down' } });
  });
});
