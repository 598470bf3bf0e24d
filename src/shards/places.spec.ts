import { Places } from './places';
import { REAL_SURROUNDINGS } from './surroundings';

const { later } = REAL_SURROUNDINGS;
const BOUNDS = { places: 2, waitingMax: 2, waitMsMax: 1_000 };

describe('places', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('are taken by so many at a time, in the order they came', async () => {
    const places = new Places(BOUNDS, later);
    const log: string[] = [];
    const enter = async (name: string): Promise<() => void> => {
      const leave = await places.enter();
      log.push(name);
      return leave ?? (() => undefined);
    };
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(enter) as [
      ReturnType<typeof enter>,
      ...ReturnType<typeof enter>[],
    ];
    await jest.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['a', 'b']);
    (await b)?.();
    await c;
    expect(log).toEqual(['a', 'b', 'c']);
    (await a)();
    await d;
    expect(log).toEqual(['a', 'b', 'c', 'd']);
  });

  test('are given back once, however often their holder leaves', async () => {
    const places = new Places({ ...BOUNDS, places: 1 }, later);
    const leave = await places.enter();
    leave?.();
    leave?.();
    expect(await places.enter()).toBeDefined();
    const second = watch(places.enter());
    await jest.advanceTimersByTimeAsync(0);
    expect(second.state).toBe('waiting');
  });

  test('turn away at once whoever finds too many waiting', async () => {
    const places = new Places({ places: 1, waitingMax: 1, waitMsMax: 1_000 }, later);
    await places.enter();
    watch(places.enter());
    expect(await places.enter()).toBeUndefined();
  });

  test('turn away whoever has waited too long, and let the next one in', async () => {
    const places = new Places({ ...BOUNDS, places: 1 }, later);
    const leave = await places.enter();
    const early = watch(places.enter());
    await jest.advanceTimersByTimeAsync(600);
    const late = watch(places.enter());
    await jest.advanceTimersByTimeAsync(400);
    expect([early.state, late.state]).toEqual(['turned away', 'waiting']);
    leave?.();
    await jest.advanceTimersByTimeAsync(0);
    expect(late.state).toBe('in');
    expect(jest.getTimerCount()).toBe(0);
  });
});

function watch(entering: Promise<(() => void) | undefined>): { state: 'waiting' | 'in' | 'turned away' } {
  const visit: { state: 'waiting' | 'in' | 'turned away' } = { state: 'waiting' };
  void entering.then((leave) => (visit.state = leave ? 'in' : 'turned away'));
  return visit;
}
