import { ASSET_PATTERN, isAsset } from './asset';

describe('isAsset', () => {
  test.each([
    'CNY/2',
    'JPY',
    'POINTS/0',
    'USD/2',
    'X',
    'BTC/18',
    'A1',
    'ABCDEFGHIJKLMNOP',
    'ABCDEFGHIJKLMNOP/10',
  ])('takes %s', (asset) => {
    expect(isAsset(asset)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['small letters', 'cny/2'],
    ['a digit first', '1X'],
    ['seventeen letters', 'ABCDEFGHIJKLMNOPQ'],
    ['a slash without decimals', 'CNY/'],
    ['three digits of decimals', 'CNY/100'],
    ['decimals alone', '/2'],
    ['a sign in the decimals', 'CNY/-2'],
    ['two slashes', 'CNY/2/2'],
    ['a blank', 'CNY 2'],
    ['a line feed behind', 'CNY/2\n'],
  ])('refuses %s', (_what, asset) => {
    expect(isAsset(asset)).toBe(false);
  });

  test('says the same as its pattern, which the API publishes', () => {
    const published = new RegExp(ASSET_PATTERN);
    for (const asset of ['CNY/2', 'cny', '', 'A/123']) expect(published.test(asset)).toBe(isAsset(asset));
  });
});
