import { endsInARow, restartPauseMs } from './restart-pause';

describe('the pause before a worker is replaced', () => {
  test('doubles with every end in a row, up to half a minute', () => {
    const pauses = Array.from({ length: 12 }, (_, n) => restartPauseMs(n + 1));
    expect(pauses.slice(0, 4)).toEqual([100, 200, 400, 800]);
    expect(pauses.every((pause, n) => n === 0 || pause >= (pauses[n - 1] ?? 0))).toBe(true);
    expect(restartPauseMs(2_000)).toBe(30_000);
  });

  test('is short again for a worker that had been well for a minute', () => {
    expect(endsInARow(9, 59_999)).toBe(10);
    expect(endsInARow(9, 60_000)).toBe(1);
  });
});
