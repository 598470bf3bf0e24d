import { BodyBudget, type BodyRefusal, CountedBody } from './body-budget';

const MIB = 1_024 * 1_024;

describe('BodyBudget', () => {
  it('lets one holder alone have half, and leaves its quarter to each of the others', () => {
    const budget = new BodyBudget(64 * MIB);
    const taken = Array.from({ length: 16 }, () => budget.take('key greedy', 4 * MIB));
    expect(taken.filter((refusal) => refusal === undefined)).toHaveLength(8);
    expect(new Set(taken.slice(8))).toEqual(new Set(['share']));
    for (const other of ['key a', 'key b'])
      for (let n = 0; n < 4; n += 1) expect(budget.take(other, 4 * MIB)).toBeUndefined();
    expect(budget.take('key c', 1)).toBe('budget');
  });

  it('gives a holder back what its bodies had', () => {
    const budget = new BodyBudget(16 * MIB);
    expect(budget.take('key a', 4 * MIB)).toBeUndefined();
    expect(budget.take('key b', 4 * MIB)).toBeUndefined();
    expect(budget.take('key a', 1)).toBe('share');
    budget.giveBack('key a', 4 * MIB);
    expect(budget.take('key a', 4 * MIB)).toBeUndefined();
    budget.giveBack('key a', 4 * MIB);
    budget.giveBack('key b', 4 * MIB);
    expect(budget.taken).toBe(0);
  });

  it('has room for one largest body of a key, however small it is', () => {
    expect(new BodyBudget(4 * MIB).take('key a', 4 * MIB)).toBeUndefined();
  });
});

describe('CountedBody', () => {
  const begun = (saidBytes: number | undefined) => {
    const budget = new BodyBudget(64 * MIB);
    const periods: (() => void)[] = [];
    const ended: string[] = [];
    const body = new CountedBody({
      budget,
      holder: 'key a',
      saidBytes,
      later: (_ms, run) => {
        periods.push(run);
        return () => periods.splice(periods.indexOf(run), 1);
      },
      stalled: () => ended.push('stalled'),
    });
    const passPeriod = () => {
      periods.shift()?.();
    };
    return { budget, body, refusal: body.begin(), passPeriod, ended };
  };

  it('takes the length that a body says at once', () => {
    const { budget, refusal, body } = begun(3 * MIB);
    expect(refusal).toBeUndefined();
    expect(budget.taken).toBe(3 * MIB);
    body.end();
    body.end();
    expect(budget.taken).toBe(0);
  });

  it('takes nothing for a body of unknown length until 4 KiB of it are there, then step by step', () => {
    const { budget, body } = begun(undefined);
    body.arrived(4 * 1_024);
    expect(budget.taken).toBe(0);
    body.arrived(1);
    expect(budget.taken).toBe(64 * 1_024);
    body.arrived(60 * 1_024);
    expect(budget.taken).toBe(128 * 1_024);
    body.end();
    expect(body.arrived(MIB)).toBeUndefined();
    expect(budget.taken).toBe(0);
  });

  it('stops a body of unknown length where its holder has no more room', () => {
    const { budget, body } = begun(undefined);
    budget.take('key a', 16 * MIB);
    budget.take('key b', 16 * MIB);
    const refusals: (BodyRefusal | undefined)[] = [body.arrived(4 * 1_024), body.arrived(1)];
    expect(refusals).toEqual([undefined, 'share']);
  });

  it('ends a body of which less than 4 KiB arrive in a period, and not one that is whole', () => {
    const { body, passPeriod, ended } = begun(MIB);
    body.arrived(4 * 1_024);
    passPeriod();
    expect(ended).toEqual([]);
    body.arrived(4 * 1_024 - 1);
    passPeriod();
    expect(ended).toEqual(['stalled']);

    const whole = begun(MIB);
    whole.body.complete();
    whole.passPeriod();
    expect(whole.ended).toEqual([]);
  });
});
