import { readHeader } from './log-columns';
import { readRow } from './read-row';

const header = ['ts_ms', 'account_id', 'amount', 'request_id'];

function read(fields: string[], names = header) {
  return readRow(fields, { row: 7, columns: readHeader(names), idPrefix: 'replay-abc' });
}

describe('readRow', () => {
  it('reads columns in any order, others between them', () => {
    const names = ['note', 'amount', 'request_id', 'account_id', 'ts_ms'];
    expect(read(['x', '12', 'r1', 'acct', '1554076848000'], names)).toEqual({
      kind: 'charge',
      charge: { row: 7, accountId: 'acct', amountMinor: 12n, requestId: 'r1' },
    });
  });

  it.each([
    ['without the column', ['1', 'acct', '12'], header.slice(0, 3)],
    ['with an empty field', ['1', 'acct', '12', ''], header],
  ])('names a row by its number %s', (_case, fields, names) => {
    expect(read(fields, names)).toMatchObject({ charge: { requestId: 'replay-abc-7' } });
  });

  it.each([
    [['yesterday', 'acct', '12', 'r'], 'ts_ms "yesterday"'],
    [['-1', 'acct', '12', 'r'], 'ts_ms "-1"'],
    [['1', '', '12', 'r'], 'account_id ""'],
    [['1', 'a b', '12', 'r'], 'account_id "a b"'],
    [['1', 'acct', '0', 'r'], 'amount "0"'],
    [['1', 'acct', '1.5', 'r'], 'amount "1.5"'],
    [['1', 'acct', '-3', 'r'], 'amount "-3"'],
    [['1', 'acct', ' 3', 'r'], 'amount " 3"'],
    [['1', 'acct', '1e3', 'r'], 'amount "1e3"'],
    [['1', 'acct', '1000000000000000001', 'r'], 'amount "1000000000000000001"'],
    [['1', 'acct', '12', 'two words'], 'request_id "two words"'],
    [['1', 'acct', '12', 'x'.repeat(65)], 'request_id'],
    [['1', 'acct', '1', '234', 'r'], '5 fields instead of 4'],
    [['1', 'acct', '12'], '3 fields instead of 4'],
  ])('refuses %j', (fields, reason) => {
    expect(read(fields)).toMatchObject({
      kind: 'bad',
      row: 7,
      reason: expect.stringContaining(reason) as string,
    });
  });
});

describe('readHeader', () => {
  it.each([
    [['ts_ms', 'account_id'], 'no column amount'],
    [['1554076848000', '34734', '2006'], 'no column ts_ms'],
    [['ts_ms', 'account_id', 'amount', 'amount'], 'the column amount twice'],
  ])('refuses %j', (names, message) => {
    expect(() => readHeader(names)).toThrow(message);
  });
});
