import { TestClock } from '../../test/models/test-clock';
import { Breaker } from './breaker';

describe('a breaker', () => {
  test('is closed until something fails', () => {
    expect(setUp().breaker.isOpen).toBe(false);
  });

  test('turns everything away for a moment after a failure, then lets the next try through', () => {
    const { breaker, clock } = setUp();
    breaker.open();
    expect(breaker.isOpen).toBe(true);
    clock.pass(499);
    expect(breaker.isOpen).toBe(true);
    clock.pass(1);
    expect(breaker.isOpen).toBe(false);
  });

  test('counts the moment from the last failure', () => {
    const { breaker, clock } = setUp();
    breaker.open();
    clock.pass(400);
    breaker.open();
    clock.pass(400);
    expect(breaker.isOpen).toBe(true);
  });

  test('closes at once when the shard answers', () => {
    const { breaker } = setUp();
    breaker.open();
    breaker.close();
    expect(breaker.isOpen).toBe(false);
  });

  test('tells of every change once, and of none that is none', () => {
    const { breaker, clock, changes } = setUp();
    breaker.close();
    breaker.open();
    breaker.open();
    clock.pass(10_000);
    breaker.close();
    breaker.close();
    breaker.open();
    expect(changes).toEqual(['down', 'up', 'down']);
  });
});

function setUp() {
  const clock = new TestClock();
  const changes: string[] = [];
  const changed = (up: boolean): void => void changes.push(up ? 'up' : 'down');
  return { clock, changes, breaker: new Breaker({ breakMs: 500, now: () => clock.now(), changed }) };
}
