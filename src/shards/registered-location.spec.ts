import { registeredLocation } from './registered-location';

describe('the address of a registered shard', () => {
  test.each([
    ['more.sqlite', '/data/more.sqlite'],
    ['below/more.sqlite', '/data/below/more.sqlite'],
    ['/data/more.sqlite', '/data/more.sqlite'],
  ])('sqlite:%s is the file %s of the data folder', (path, file) => {
    expect(registeredLocation(`sqlite:${path}`, '/data')).toEqual({ kind: 'sqlite', path: file });
  });

  test.each(['/data-of-another/more.sqlite', '../more.sqlite', '/data', '.'])(
    'sqlite:%s is no file of the data folder',
    (path) => {
      expect(() => registeredLocation(`sqlite:${path}`, '/data')).toThrow(/not in the data folder \/data/);
    },
  );

  test('on a server is what it says', () => {
    const url = 'mysql://user@host:3306/db';
    expect(registeredLocation(url, '/data')).toEqual({ kind: 'mysql', url });
  });
});
