import { credit, deduct } from '../../test/models/commands';
import { entrySite } from '../../test/models/entry-site';
import { Dice } from '../../tools/kernel/dice';
import { byPeriod, QUARTER_US, sumEntries } from './entry-sums';
import { PERIODS, periodNames } from './period-names';
import { periodStarts, sumPeriods } from './period-sums';

const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Sao_Paulo'];
const HOUR_MS = 3_600_000;

describe('sums by period', () => {
  test.each(Array.from({ length: 30 }, (_, seed) => seed))(
    'from running sums are those of the entries one by one (seed %i)',
    async (seed) => {
      const dice = new Dice(seed);
      const { clock, shards, past, write, entriesOf } = entrySite(3);
      for (let n = 0; n < 200; n += 1) {
        const given = { subAccount: dice.between(0, 2), amountMinor: BigInt(dice.between(1, 99)) };
        await write(
          dice.happens(0.5)
            ? credit({ ...given, requestId: `c${n}` })
            : deduct({ ...given, requestId: `d${n}` }),
        );
        if (dice.happens(0.2)) clock.pass(dice.between(0, 20) * HOUR_MS);
      }
      const times = shards.flatMap((_, shard) => entriesOf(shard).map(({ createdAtUs }) => createdAtUs));
      for (let question = 0; question < 10; question += 1) {
        const someTime = (): number | undefined =>
          dice.happens(0.3) ? undefined : dice.oneOf(times) + dice.between(-1, 1);
        const [fromUs, toUs] = [someTime(), someTime()];
        const nameOf = periodNames(dice.oneOf(PERIODS), dice.oneOf(ZONES));
        const found = await sumPeriods(past, 'acme', { fromUs, toUs, nameOf }, 0);
        const oneByOne = await sumEntries(shards, { accountId: 'acme', fromUs, toUs });
        if (found.kind !== 'summed' || oneByOne.kind !== 'summed') throw new Error('there are few entries');
        expect(byPeriod(found.sums, nameOf)).toEqual(byPeriod(oneByOne.sums, nameOf));
      }
    },
  );
});

describe('the beginnings of periods', () => {
  it('are where the name changes, also where clocks are put forward and back', () => {
    const dice = new Dice(7);
    for (let n = 0; n < 60; n += 1) {
      const period = dice.oneOf(PERIODS);
      const nameOf = periodNames(period, dice.oneOf(ZONES));
      const beginUs =
        Date.UTC(2018, dice.between(0, 11), dice.between(1, 28)) * 1_000 + dice.between(0, QUARTER_US);
      const days = period === 'hour' ? 4 : period === 'day' ? 60 : 700;
      const endUs = beginUs + dice.between(1, days) * 24 * 4 * QUARTER_US;
      const expected = [beginUs];
      for (let quarter = Math.floor(beginUs / QUARTER_US) + 1; quarter * QUARTER_US < endUs; quarter += 1)
        if (nameOf(quarter) !== nameOf(quarter - 1)) expected.push(quarter * QUARTER_US);
      expect(periodStarts({ beginUs, endUs, nameOf })).toEqual(expected);
    }
  });

  it('are not more than one call may ask for', () => {
    const nameOf = periodNames('hour', 'UTC');
    expect(periodStarts({ beginUs: 0, endUs: 101 * 4 * QUARTER_US, nameOf })).toBe('tooMany');
  });
});
