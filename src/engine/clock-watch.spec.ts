import { NotingObserver } from '../../test/models/noting-observer';
import { TestClock } from '../../test/models/test-clock';
import { ClockWatch, type Clocked } from './clock-watch';

describe('the watch over the clocks', () => {
  test('measures each database against this instance and against the directory', async () => {
    const { watch, observer } = watchOver({ directory: 500, s0: 500, s1: 86_400_000 });
    await watch.look();
    expect(observer.skews).toEqual([
      { database: 'directory', against: 'instance', skewMs: 500 },
      { database: 's0', against: 'instance', skewMs: 500 },
      { database: 's0', against: 'directory', skewMs: 0 },
      { database: 's1', against: 'instance', skewMs: 86_400_000 },
      { database: 's1', against: 'directory', skewMs: 86_399_500 },
    ]);
  });

  test('says nothing about a database that does not answer, or answers late', async () => {
    const { watch, observer } = watchOver({ directory: 0, s0: undefined, s1: 'late' });
    await watch.look();
    expect(observer.skews).toEqual([{ database: 'directory', against: 'instance', skewMs: 0 }]);
  });
});

function watchOver(aheadMs: Readonly<Record<'directory' | 's0' | 's1', number | undefined | 'late'>>) {
  const clock = new TestClock();
  const observer = new NotingObserver();
  const database = (name: keyof typeof aheadMs): Clocked => ({
    name,
    clockUs: () => {
      const ahead = aheadMs[name];
      if (ahead === undefined) return Promise.reject(new Error('it is away'));
      if (ahead === 'late') clock.pass(501);
      return Promise.resolve((clock.wallMs() + (ahead === 'late' ? 0 : ahead)) * 1_000);
    },
  });
  const watch = new ClockWatch({
    directory: database('directory'),
    shards: () => [database('s0'), database('s1')],
    surroundings: clock,
    observer,
  });
  return { watch, observer };
}
