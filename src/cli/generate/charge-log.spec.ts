import { chargeLog } from './charge-log';
import type { LogCharge, LogSettings } from './log-charge';

const settings: LogSettings = {
  rows: 20_000,
  accounts: 778,
  skew: 1.2,
  seed: 1,
  requestIds: false,
  repeatRate: 0.004,
};

function make(changes: Partial<LogSettings> = {}): LogCharge[] {
  return [...chargeLog({ ...settings, ...changes })];
}

describe('chargeLog', () => {
  it('gives the same log for the same settings and another for another seed', () => {
    const short = { rows: 500, requestIds: true };
    expect(make(short)).toEqual(make(short));
    expect(make(short)).not.toEqual(make({ ...short, seed: 2 }));
  });

  it('has as many rows as asked for, in order of time, at prices of ad platforms', () => {
    const charges = make();
    expect(charges).toHaveLength(20_000);
    expect(charges.filter(({ tsMs }, index) => tsMs < (charges[index - 1]?.tsMs ?? 0))).toEqual([]);
    expect(charges.filter(({ amount }) => amount < 1_600 || amount > 600_000)).toEqual([]);
    // Price points, not noise: few different amounts.
    expect(new Set(charges.map(({ amount }) => amount)).size).toBeLessThan(2_000);
  });

  it('comes in bursts of 50 to 150 within a second, seconds apart', () => {
    const perSecond = countBy(make(), ({ tsMs }) => Math.floor(tsMs / 1000));
    const bursts = [...perSecond.values()];
    expect(bursts.length).toBeGreaterThan(120);
    expect(bursts.length).toBeLessThan(280);
    const typical = bursts.filter((rows) => rows >= 50 && rows <= 150);
    expect(typical.length / bursts.length).toBeGreaterThan(0.8);
  });

  it('ends within the days asked for', () => {
    const charges = make({ days: 3 });
    const spanMs = (charges.at(-1)?.tsMs ?? 0) - (charges[0]?.tsMs ?? 0);
    expect(spanMs / 86_400_000).toBeGreaterThan(2.9);
    expect(spanMs / 86_400_000).toBeLessThanOrEqual(3);
  });

  it.each([
    { skew: 1.2, shareMin: 0.2, shareMax: 0.3 },
    { skew: 0, shareMin: 0, shareMax: 0.005 },
  ])('gives the busiest account its share at skew $skew', ({ skew, shareMin, shareMax }) => {
    const busiest = Math.max(...countBy(make({ skew }), ({ accountId }) => accountId).values());
    expect(busiest / 20_000).toBeGreaterThan(shareMin);
    expect(busiest / 20_000).toBeLessThan(shareMax);
  });

  it('repeats a few charges later, alike in all but the time', () => {
    const charges = make({ requestIds: true, repeatRate: 0.01 });
    const first = new Map<string, LogCharge>();
    let repeats = 0;
    for (const charge of charges) {
      const earlier = first.get(charge.requestId);
      if (earlier === undefined) {
        first.set(charge.requestId, charge);
        continue;
      }
      repeats += 1;
      expect(charge).toEqual({ ...earlier, tsMs: expect.any(Number) as number });
      expect(charge.tsMs).toBeGreaterThan(earlier.tsMs);
    }
    expect(repeats / charges.length).toBeGreaterThan(0.005);
    expect(repeats / charges.length).toBeLessThanOrEqual(0.012);
  });
});

function countBy<K>(charges: readonly LogCharge[], key: (charge: LogCharge) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const charge of charges) counts.set(key(charge), (counts.get(key(charge)) ?? 0) + 1);
  return counts;
}
