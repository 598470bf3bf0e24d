import { AnsweredRows } from './answered-rows';
import type { Batch } from './batches';

function batch(lastRow: number, badRows = 0): Batch {
  return { charges: [], lastRow, badRows, blankLines: 0 };
}

describe('AnsweredRows', () => {
  it('counts rows only up to the first gap', () => {
    const answered = new AnsweredRows({ rowsAnswered: 0, rowsRefused: 0 });
    const [first, second, third] = [batch(10), batch(20), batch(30)];
    for (const each of [first, second, third]) answered.opened(each);

    answered.answered(second, 3);
    expect(answered.rows).toEqual({ rowsAnswered: 0, rowsRefused: 0 });
    answered.answered(first, 1);
    expect(answered.rows).toEqual({ rowsAnswered: 20, rowsRefused: 4 });
    answered.answered(third, 0);
    expect(answered.rows).toEqual({ rowsAnswered: 30, rowsRefused: 4 });
  });

  it('goes on from where an earlier run ended, bad rows being refused ones', () => {
    const answered = new AnsweredRows({ rowsAnswered: 100, rowsRefused: 7 });
    const next = batch(110, 2);
    answered.opened(next);
    answered.answered(next, 1);
    expect(answered.rows).toEqual({ rowsAnswered: 110, rowsRefused: 10 });
  });
});
