import { shortTrace } from '../../tools/sim/report/short-trace';

const others = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${n}.000 → i1 deduct a0 k1${n} 5`);

describe('a short trace', () => {
  test('of a short run is the whole', () => {
    expect(shortTrace(others(60), ['k7'])).toEqual(others(60));
  });

  test('is the end, and before it what names what the violation is about', () => {
    const about = ['0.500 ← k7 applied', '0.600 s1 commits deduction k7 3 [a0/2=7 e1]'];
    const lines = [...about, ...others(100)];
    expect(shortTrace(lines, ['k7'])).toEqual([...about, '…', ...lines.slice(-60)]);
  });

  test('knows k7 from k71, and an account by its row', () => {
    const lines = ['1.000 ← k71 applied', '2.000 s1 commits in t1 5 [a0/2=7 e1]', ...others(60)];
    expect(shortTrace(lines, ['k7'])).toEqual(['…', ...others(60)]);
    expect(shortTrace(lines, ['a0'])[0]).toBe(lines[1]);
  });

  test('says how much it leaves out of what there is to say', () => {
    const about = Array.from({ length: 200 }, (_, n) => `${n}.000 ← k7 unknown`);
    const [first, second, ...rest] = shortTrace([...about, ...others(60)], ['k7']);
    expect(first).toBe('… 120 earlier lines about k7 …');
    expect(second).toBe('120.000 ← k7 unknown');
    expect(rest).toHaveLength(79 + 1 + 60);
  });
});
