import { faultsOf, fenceMsOf, readRoundsOf } from './test-faults';

describe('the variables for tests', () => {
  test.each([undefined, ''])('change nothing when they are %p', (value) => {
    expect([faultsOf(value), fenceMsOf(value), readRoundsOf(value)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('say how long a fence may take', () => {
    expect(fenceMsOf('300000')).toBe(300_000);
    for (const wrong of ['0', '-1', '1.5', '1e3', 'long']) expect(() => fenceMsOf(wrong)).toThrow(RangeError);
  });

  test('end the start when they ask for what there is not', () => {
    expect(() => faultsOf('nowhere:crash')).toThrow(RangeError);
    expect(() => readRoundsOf('many')).toThrow(RangeError);
  });
});
