import fc from 'fast-check';
import { AmbiguousJsonError, readJson } from './read-json';

function refusal(text: string): string {
  try {
    readJson(text);
  } catch (error) {
    if (error instanceof AmbiguousJsonError) return error.message;
    throw error;
  }
  throw new Error(`taken: ${text}`);
}

describe('readJson', () => {
  test('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(readJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each([
    ['{"amount":1,"amount":2}', 'amount'],
    ['{"amount":"1", "reference":"x" ,"amount"\t:\n"1"}', 'amount'],
    ['{"items":[{"a":"1"},{"b":"1","b":"2"}]}', 'b'],
    ['{"metadata":{"k":"1","\\u006b":"2"}}', 'k'],
    ['{"a":{"x":1},"b":2,"a":3}', 'a'],
    ['{"note":"\\\\\\":","amount":1,"amount":1}', 'amount'],
    ['{"":1,"":2}', ''],
  ])('refuses a key that comes twice: %s', (text, key) => {
    expect(refusal(text)).toBe(`${key}: is given twice`);
  });

  test.each([
    '{"a":"\\":","b":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":{"a":{"a":[{"a":1},{"a":2}]}}}',
    '{"metadata":{"constructor":"x","toString":"y"}}',
    '[]',
    '"a\\":"',
  ])('takes texts that look like keys, and keys of different objects: %s', (text) => {
    expect(readJson(text)).toEqual(JSON.parse(text));
  });

  test.each([
    ['0.9999999999999999999', '0.9999999999999999999'],
    ['249.99999999999999999', '249.99999999999999999'],
    ['9007199254740991.2', '9007199254740991.2'],
    ['1e-400', '1e-400'],
    ['10000000000000000001e-19', '10000000000000000001e-19'],
    ['1e3', 1_000],
    ['2.50e2', 250],
    ['25000e-2', 250],
    ['1.0', 1],
    ['-0.0', -0],
    ['0e5', 0],
    ['1.5', 1.5],
  ])('leaves %s as %p: an integer is one exactly, or not at all', (source, value) => {
    expect(readJson(`{"amount":${source}}`)).toEqual({ amount: value });
    expect(readJson(`[${source},"1.5"]`)).toEqual([value, '1.5']);
  });

  test('refuses what is nested deeper than any body of this API', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(readJson(nested(32))).toBeDefined();
    expect(refusal(nested(33))).toBe('body: is nested at most 32 deep');
    expect(refusal(nested(1_000_000))).toBe('body: is nested at most 32 deep');
    expect(refusal(`[0.5,${nested(200_000)}]`)).toBe('body: is nested at most 32 deep');
  });
});
