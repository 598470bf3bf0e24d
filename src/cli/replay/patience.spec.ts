import type { Clock } from '../surroundings';
import { Patience } from './patience';

function setUp({ random = 1 - Number.EPSILON } = {}) {
  const waits: number[] = [];
  let nowMs = 0;
  const stop = new AbortController();
  const clock: Clock = {
    wallMs: () => nowMs,
    nowMs: () => nowMs,
    pause: (milliseconds) => {
      waits.push(Math.round(milliseconds));
      nowMs += milliseconds;
      return Promise.resolve();
    },
  };
  const patience = new Patience({
    patienceMs: 10_000,
    clock,
    random: () => random,
    stop: stop.signal,
    onWait: () => undefined,
  });
  return { patience, waits, stop };
}

describe('Patience', () => {
  it('waits twice as long each time, up to five seconds, and then gives up', async () => {
    const { patience, waits } = setUp();
    const tries = async () => {
      for (let attempt = 0; ; attempt += 1) await patience.wait({ attempt, reason: 'the shard is away' });
    };
    await expect(tries()).rejects.toThrow(
      /no progress for 10 s: the shard is away.*run the same command again/,
    );
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 3700]);
  });

  it('leaves half of each wait to chance', async () => {
    const { patience, waits } = setUp({ random: 0 });
    await patience.wait({ attempt: 3, reason: '' });
    expect(waits).toEqual([400]);
  });

  it('waits at least as long as the service asks for', async () => {
    const { patience, waits } = setUp();
    await patience.wait({ attempt: 0, reason: '', retryAfterMs: 7_000 });
    expect(waits).toEqual([7_000]);
  });

  it('begins anew with every progress', async () => {
    const { patience } = setUp();
    for (let round = 0; round < 5; round += 1) {
      await patience.wait({ attempt: 0, reason: '', retryAfterMs: 9_000 });
      patience.progressed();
    }
    expect(patience.retries).toBe(5);
  });

  it('does not wait once the replay is to end', async () => {
    const { patience, stop, waits } = setUp();
    stop.abort(new Error('stopped'));
    await expect(patience.wait({ attempt: 0, reason: '' })).rejects.toThrow('stopped');
    expect(waits).toEqual([]);
  });
});
