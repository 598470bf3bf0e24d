import * as fc from 'fast-check';
import { canonicalMap, fingerprint, requestFingerprint } from './fingerprint';

const RUNS = { seed: 20_251_108, numRuns: 300 };

describe('a fingerprint', () => {
  test('is 32 hex digits, and the same for ever: stored ones are compared with those of later versions', () => {
    expect(fingerprint('deduct', 'acme', 10n, null)).toBe('2ed25694ac7cfaf46ca026bbf48c8160');
  });

  test('tells kinds, amounts and every other part apart', () => {
    const sent = [
      fingerprint('deduct', 'acme', 10n, null, null),
      fingerprint('credit', 'acme', 10n, null, null),
      fingerprint('deduct', 'Acme', 10n, null, null),
      fingerprint('deduct', 'acme', 11n, null, null),
      fingerprint('deduct', 'acme', 10n, '', null),
      fingerprint('deduct', 'acme', 10n, null, ''),
      fingerprint('deduct', 'acme', 10n, 'null', null),
      fingerprint('deduct', 'acme', 10n, null),
    ];
    expect(new Set(sent).size).toBe(sent.length);
  });

  test('does not mistake where one part ends and the next begins', () => {
    const parts = fc.array(fc.oneof(fc.string(), fc.constant(null)), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(fingerprint(...one) === fingerprint(...other)).toBe(
          JSON.stringify(one) === JSON.stringify(other),
        );
      }),
      RUNS,
    );
    expect(fingerprint('ab', 'c')).not.toBe(fingerprint('a', 'bc'));
    expect(fingerprint('a","b')).not.toBe(fingerprint('a', 'b'));
  });

  test('is the same for an amount sent as a number and as a string', () => {
    expect(fingerprint(10n)).toBe(fingerprint('10'));
  });
});

describe('requestFingerprint', () => {
  test('is the fingerprint of the four parts, remembered or not', () => {
    const part = fc.option(fc.string(), { nil: null });
    const asked = fc.record({
      kind: fc.constantFrom('deduct', 'credit'),
      amountMinor: fc.bigInt(1n, 5n),
      reference: part,
      metadata: part,
    });
    fc.assert(
      fc.property(asked, ({ kind, amountMinor, reference, metadata }) => {
        const made = requestFingerprint(kind, amountMinor, reference, metadata);
        expect(made).toBe(fingerprint(kind, amountMinor, reference, metadata));
      }),
      RUNS,
    );
  });

  test('stays right when there are more different requests than it remembers', () => {
    for (let amount = 1n; amount <= 5_000n; amount += 1n) requestFingerprint('deduct', amount, null, null);
    for (const amount of [1n, 4_097n, 5_000n]) {
      expect(requestFingerprint('deduct', amount, null, null)).toBe(
        fingerprint('deduct', amount, null, null),
      );
    }
  });
});

describe('canonicalMap', () => {
  test('does not depend on the order in which the keys were written', () => {
    const keys = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '10', '9', 'a', 'A'));
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(keys, fc.string()), { selector: ([key]) => key }), (pairs) => {
        const forwards = Object.fromEntries(pairs);
        const backwards = Object.fromEntries([...pairs].reverse());
        expect(canonicalMap(backwards)).toBe(canonicalMap(forwards));
        expect(JSON.parse(canonicalMap(forwards) ?? '')).toEqual(forwards);
      }),
      RUNS,
    );
  });

  test('tells an empty map from none', () => {
    expect(canonicalMap({})).toBe('{}');
    expect(canonicalMap(undefined)).toBeNull();
  });
});
