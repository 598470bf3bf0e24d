import { isAccountId, isRequestId, OPENING_BALANCE_KEY } from './identifiers';
import { drawTransferId, spreadTransferId } from './transfer';

describe('account ids', () => {
  test.each(['a', 'acme', 'ACME-7_x.y:z', '0', 'x'.repeat(64)])('may be %s', (id) => {
    expect(isAccountId(id)).toBe(true);
  });

  test.each(['', 'x'.repeat(65), 'a b', 'a/b', 'ä', 'a\n', "a'b", 'a%'])('may not be %p', (id) => {
    expect(isAccountId(id)).toBe(false);
  });
});

describe('request ids', () => {
  test.each(['r', '0', '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', '...', '.a', '..a', 'x'.repeat(64)])(
    'may be %s',
    (id) => {
      expect(isRequestId(id)).toBe(true);
    },
  );

  test.each(['', 'x'.repeat(65), 'a b', 'a\t', 'a\n', 'é', '\x7f', 'a\0', '.', '..'])(
    'may not be %p',
    (id) => {
      expect(isRequestId(id)).toBe(false);
    },
  );

  test('never meet an internal key: those contain a blank', () => {
    for (const key of [OPENING_BALANCE_KEY, spreadTransferId('r1', 3), drawTransferId(3, 17)]) {
      expect(isRequestId(key)).toBe(false);
    }
  });
});
