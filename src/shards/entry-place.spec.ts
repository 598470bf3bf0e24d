import { MARKS_FROM_US, placeUs, timeOfPlaceUs } from './entry-place';

const US = 1_700_000_000_000_123;

describe('the place of an entry', () => {
  test('is its time if it is listed, and behind all that is listed if it marks a hold', () => {
    expect(placeUs({ kind: 'deduction', createdAtUs: US })).toBe(US);
    expect(placeUs({ kind: 'hold', createdAtUs: US })).toBe(US + MARKS_FROM_US);
    expect(placeUs({ kind: 'hold', createdAtUs: 0 })).toBeGreaterThan(
      placeUs({ kind: 'credit', createdAtUs: MARKS_FROM_US - 1 }),
    );
  });

  test('says when the entry was written, also of a mark that stands at its own time', () => {
    for (const kind of ['deduction', 'hold'] as const)
      expect(timeOfPlaceUs(placeUs({ kind, createdAtUs: US }))).toBe(US);
    expect(timeOfPlaceUs(US)).toBe(US);
  });

  test('is exact as a number', () => {
    expect(Number.isSafeInteger(placeUs({ kind: 'hold', createdAtUs: MARKS_FROM_US - 1 }))).toBe(true);
  });

  test('is refused where a listed entry would stand among the marks', () => {
    expect(() => placeUs({ kind: 'deduction', createdAtUs: MARKS_FROM_US })).toThrow('cannot be written');
  });
});
