import * as fc from 'fast-check';
import { AMOUNT_MAX_MINOR, BALANCE_MAX_MINOR, parseAmount, wrap64 } from './money';

const RUNS = { seed: 20_251_102, numRuns: 500 };

describe('parseAmount', () => {
  test.each<[unknown, bigint]>([
    ['1', 1n],
    ['42', 42n],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['999999999999999999', 999_999_999_999_999_999n],
    ['1000000000000000000', 10n ** 18n],
    [1, 1n],
    [1e3, 1_000n],
    [1.0, 1n],
    [Number.MAX_SAFE_INTEGER, 9_007_199_254_740_991n],
  ])('takes %p', (value, minor) => {
    expect(parseAmount(value)).toBe(minor);
  });

  test.each<[string, unknown]>([
    ['nothing', ''],
    ['zero', '0'],
    ['zero as a number', 0],
    ['negative zero', -0],
    ['a leading zero', '007'],
    ['a plus sign', '+5'],
    ['a minus sign', '-5'],
    ['a negative number', -5],
    ['a blank before', ' 5'],
    ['a blank behind', '5 '],
    ['a line feed behind', '5\n'],
    ['decimals', '1.0'],
    ['a float', 1.5],
    ['a small float', 1e-3],
    ['an exponent', '1e3'],
    ['hexadecimal', '0x10'],
    ['digits in groups', '1_000'],
    ['commas', '1,000'],
    ['other digits than 0–9', '٣'],
    ['more than 10^18', '1000000000000000001'],
    ['twenty digits', '10000000000000000000'],
    ['a number that is not exact', Number.MAX_SAFE_INTEGER + 1],
    ['10^18 as a number, which is not exact', 1e18],
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['the name of infinity', 'Infinity'],
    ['true', true],
    ['false', false],
    ['null', null],
    ['undefined', undefined],
    ['a bigint, which JSON cannot hold', 5n],
    ['an array', ['5']],
    ['an object', { valueOf: () => 5 }],
  ])('refuses %s', (_what, value) => {
    expect(parseAmount(value)).toBeUndefined();
  });

  test('reads back every amount it may be given, exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, AMOUNT_MAX_MINOR), (minor) => {
        expect(parseAmount(minor.toString())).toBe(minor);
      }),
      RUNS,
    );
  });

  test('returns an amount of 1 to 10^18 or nothing, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.double()), (value) => {
        const minor = parseAmount(value);
        expect(minor === undefined || (minor >= 1n && minor <= AMOUNT_MAX_MINOR)).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('wrap64', () => {
  test.each([
    [0n, 0n],
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [2n ** 63n, -(2n ** 63n)],
    [-(2n ** 63n), -(2n ** 63n)],
    [-(2n ** 63n) - 1n, 2n ** 63n - 1n],
    [2n ** 64n + 5n, 5n],
  ])('%p is %p', (value, wrapped) => {
    expect(wrap64(value)).toBe(wrapped);
  });

  test('a sum of wrapped parts, wrapped, is the sum, as long as that fits into 64 bits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(-(2n ** 70n), 2n ** 70n), { maxLength: 6 }),
        fc.bigInt(0n, BALANCE_MAX_MINOR),
        (parts, total) => {
          const rest = total - parts.reduce((sum, part) => sum + part, 0n);
          const wrapped = [...parts, rest].map(wrap64).reduce((sum, part) => sum + part, 0n);
          expect(wrap64(wrapped)).toBe(total);
        },
      ),
      RUNS,
    );
  });
});
