import { Circuit } from './circuit';

describe('the circuit of the screening service', () => {
  let nowMs: number;
  let changes: boolean[];
  let circuit: Circuit;

  beforeEach(() => {
    nowMs = 0;
    changes = [];
    circuit = new Circuit({
      now: () => nowMs,
      random: () => 1,
      changed: (isClosed) => changes.push(isClosed),
    });
  });

  const fail = (times: number, accountOf: (n: number) => string = (n) => `account-${n}`): void => {
    for (let n = 0; n < times; n += 1) circuit.failed(new Set([accountOf(n)]));
  };

  test('doubts the service after five failures in a row, not after four and a success', () => {
    fail(4);
    circuit.succeeded();
    fail(4);
    expect(circuit.isDoubted).toBe(false);
    fail(1);
    expect([circuit.isDoubted, circuit.state]).toEqual([true, 'closed']);
  });

  test('knows whether one account was in all of the failures', () => {
    fail(200, () => 'poison');
    expect(circuit.mayBeOneAccount).toBe(true);
    circuit.failed(new Set(['poison', 'other']));
    expect(circuit.mayBeOneAccount).toBe(true);
    circuit.failed(new Set(['other']));
    expect(circuit.mayBeOneAccount).toBe(false);
    circuit.succeeded();
    fail(5, () => 'other');
    expect(circuit.mayBeOneAccount).toBe(true);
  });

  test('takes failures of calls that were under way when it opened for nothing new', () => {
    circuit.open();
    fail(50);
    nowMs = 500;
    expect([circuit.state, circuit.isDoubted]).toEqual(['trial', false]);
    fail(50);
    expect(circuit.state).toBe('trial');
  });

  test('lets the service be tried after a pause, which doubles with each failure up to 30 s', () => {
    const pauses: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      circuit.open();
      const openedMs = nowMs;
      while (circuit.state === 'open') nowMs += 100;
      pauses.push(nowMs - openedMs);
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(changes).toEqual([false]);
  });

  test('closes by one success, and begins with short pauses again', () => {
    circuit.open();
    nowMs = 500;
    circuit.open();
    circuit.succeeded();
    expect([circuit.state, circuit.isDoubted, changes]).toEqual(['closed', false, [false, true]]);
    circuit.open();
    nowMs += 500;
    expect(circuit.state).toBe('trial');
  });
});
