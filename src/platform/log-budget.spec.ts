import { LogBudget } from './log-budget';

describe('a budget of log lines', () => {
  it('lets so many through in a window, and tells with the next how many it left out', () => {
    let at = 0;
    const budget = new LogBudget(2, 1_000, () => at);
    expect([budget.take(), budget.take(), budget.take(), budget.take()]).toEqual([
      0,
      0,
      undefined,
      undefined,
    ]);
    at = 999;
    expect(budget.take()).toBeUndefined();
    at = 1_000;
    expect([budget.take(), budget.take(), budget.take()]).toEqual([3, 0, undefined]);
  });
});
