import { amountDigits, answeredAmount } from './amounts';

describe('amountDigits', () => {
  it.each([
    [1n, '1'],
    [10n ** 18n, '1000000000000000000'],
    [250, '250'],
    ['250', '250'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
  ])('takes %p', (amount, digits) => {
    expect(amountDigits(amount)).toBe(digits);
  });

  it.each([
    0,
    0n,
    -1,
    1.5,
    2 ** 53,
    NaN,
    10n ** 18n + 1n,
    '',
    ' 1',
    '01',
    '1e3',
    '+1',
    '1.0',
    null,
    undefined,
    {},
    true,
  ])('refuses %p', (amount) => {
    expect(amountDigits(amount)).toBeUndefined();
  });
});

describe('answeredAmount', () => {
  it('takes digits, below zero too, and nothing else', () => {
    expect(['0', '9000000000000000000', 12, '1.5', '-1', null].map(answeredAmount)).toEqual([
      0n,
      9_000_000_000_000_000_000n,
      undefined,
      undefined,
      -1n,
      undefined,
    ]);
  });
});
