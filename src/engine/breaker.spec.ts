import { TestClock } from '../../test/models/test-clock';
import { promisesSettled } from '../../test/models/turns';
import { Breaker } from './breaker';

describe('a breaker', () => {
  test('is closed until something fails', () => {
    expect(setUp().breaker.isOpen).toBe(false);
  });

  test('turns everything away after a failure, until the shard answers a probe that nobody asked for', async () => {
    const { breaker, pass, probes } = setUp('away', 'away', 'there');
    breaker.open();
    expect(breaker.isOpen).toBe(true);
    await pass(499);
    expect(probes.sent).toBe(0);
    await pass(1);
    expect(probes.sent).toBe(1);
    await pass(500);
    expect(breaker.isOpen).toBe(true);
    await pass(500);
    expect(probes.sent).toBe(3);
    expect(breaker.isOpen).toBe(false);
    await pass(10_000);
    expect(probes.sent).toBe(3);
  });

  test('closes at once when the shard answers something else, and asks no more', async () => {
    const { breaker, pass, probes } = setUp();
    breaker.open();
    breaker.close();
    expect(breaker.isOpen).toBe(false);
    await pass(10_000);
    expect(probes.sent).toBe(0);
  });

  test('sends one probe at a time, however many fail', async () => {
    const { breaker, pass, probes } = setUp('away', 'away', 'away');
    breaker.open();
    breaker.open();
    await pass(500);
    breaker.open();
    await pass(500);
    expect(probes.sent).toBe(2);
  });

  test('asks no more once it is stopped', async () => {
    const { breaker, pass, probes } = setUp('away', 'away');
    breaker.open();
    await pass(500);
    breaker.stop();
    await pass(10_000);
    expect(probes.sent).toBe(1);
  });

  test('tells of every change once, and of none that is none', async () => {
    const { breaker, changes, pass } = setUp('there');
    breaker.close();
    breaker.open();
    breaker.open();
    await pass(500);
    breaker.close();
    breaker.open();
    expect(changes).toEqual(['down', 'up', 'down']);
  });
});

/** @param answers to the probes, in their order */
function setUp(...answers: ('there' | 'away')[]) {
  const clock = new TestClock();
  const changes: string[] = [];
  const probes = { sent: 0 };
  const breaker = new Breaker({
    breakMs: 500,
    later: (ms, run) => clock.later(ms, run),
    probe: () => {
      probes.sent += 1;
      return answers.shift() === 'there' ? Promise.resolve() : Promise.reject(new Error('away'));
    },
    changed: (up) => void changes.push(up ? 'up' : 'down'),
  });
  const pass = async (ms: number): Promise<void> => {
    clock.pass(ms);
    await promisesSettled();
  };
  return { pass, changes, probes, breaker };
}
