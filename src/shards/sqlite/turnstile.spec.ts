import { Turnstile } from './turnstile';

const WAIT_MS_MAX = 1_000;

describe('a turnstile', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('lets one through at a time, in the order they came', async () => {
    const turnstile = new Turnstile(WAIT_MS_MAX);
    const log: string[] = [];
    const visits = ['a', 'b', 'c'].map(async (name) => {
      const leave = await turnstile.enter();
      log.push(`${name} in`);
      await Promise.resolve();
      log.push(`${name} out`);
      leave();
    });
    await Promise.all(visits);
    expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });

  test('does not let anybody in twice for leaving twice', async () => {
    const turnstile = new Turnstile(WAIT_MS_MAX);
    const leave = await turnstile.enter();
    const [second, third] = [watch(turnstile.enter()), watch(turnstile.enter())];
    leave();
    leave();
    await jest.advanceTimersByTimeAsync(0);
    expect([second.state, third.state]).toEqual(['in', 'waiting']);
  });

  test('is free again when the last one has left', async () => {
    const turnstile = new Turnstile(WAIT_MS_MAX);
    (await turnstile.enter())();
    const next = watch(turnstile.enter());
    await jest.advanceTimersByTimeAsync(0);
    expect(next.state).toBe('in');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('turns away whoever has waited too long, and nobody else', async () => {
    const turnstile = new Turnstile(WAIT_MS_MAX);
    const leave = await turnstile.enter();
    const early = watch(turnstile.enter());
    await jest.advanceTimersByTimeAsync(600);
    const late = watch(turnstile.enter());
    await jest.advanceTimersByTimeAsync(399);
    expect([early.state, late.state]).toEqual(['waiting', 'waiting']);
    await jest.advanceTimersByTimeAsync(1);
    expect([early.state, late.state]).toEqual(['QUEUE_TIMEOUT', 'waiting']);

    leave();
    await jest.advanceTimersByTimeAsync(0);
    expect(late.state).toBe('in');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('stays usable after everybody who waited was turned away', async () => {
    const turnstile = new Turnstile(WAIT_MS_MAX);
    const leave = await turnstile.enter();
    const gone = watch(turnstile.enter());
    await jest.advanceTimersByTimeAsync(WAIT_MS_MAX);
    leave();
    const next = watch(turnstile.enter());
    await jest.advanceTimersByTimeAsync(0);
    expect([gone.state, next.state]).toEqual(['QUEUE_TIMEOUT', 'in']);
  });
});

function watch(entering: Promise<unknown>): { state: string } {
  const watched = { state: 'waiting' };
  entering.then(
    () => (watched.state = 'in'),
    (error: unknown) => (watched.state = (error as { code: string }).code),
  );
  return watched;
}
