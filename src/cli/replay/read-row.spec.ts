import { readHeader } from './log-columns';
import { type LogFormat, PLAIN_FORMAT } from './log-format';
import { readRow } from './read-row';

const header = ['ts_ms', 'account_id', 'amount', 'request_id'];

function read(fields: string[], names = header, format: LogFormat = PLAIN_FORMAT, isEnded = true) {
  const columns = readHeader(names, format);
  return readRow(
    { fields, firstLine: 8, lastLine: 8, isEnded },
    { row: 7, columns, idPrefix: 'replay-abc', format },
  );
}

describe('readRow', () => {
  it('reads columns in any order, others between them', () => {
    const names = ['note', 'amount', 'request_id', 'account_id', 'ts_ms'];
    expect(read(['x', '12', 'r1', 'acct', '1554076848000'], names)).toEqual({
      kind: 'charge',
      charge: { row: 7, accountId: 'acct', amountMinor: 12n, requestId: 'r1', hasOwnId: true },
    });
  });

  it.each([
    ['without the column', ['1', 'acct', '12'], header.slice(0, 3)],
    ['with an empty field', ['1', 'acct', '12', ''], header],
  ])('names a row by its number %s', (_case, fields, names) => {
    expect(read(fields, names)).toMatchObject({ charge: { requestId: 'replay-abc-7', hasOwnId: false } });
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

  it.each([
    ['56.1', 2, '.', 5610n],
    ['56', 2, '.', 5600n],
    ['0.05', 2, '.', 5n],
    ['56,10', 2, ',', 5610n],
    ['249.999999999999999', 15, '.', 249_999_999_999_999_999n],
    ['1000000000000000000', 0, '.', 10n ** 18n],
  ])('reads %s with %d decimals behind %s exactly', (amount, decimals, decimalSeparator, amountMinor) => {
    const format = { ...PLAIN_FORMAT, decimals, decimalSeparator };
    expect(read(['1', 'acct', amount, 'r'], header, format)).toMatchObject({ charge: { amountMinor } });
  });

  it.each([
    ['56.105', '.'],
    ['1,234.50', '.'],
    ['1.234', ','],
    ['56.', '.'],
    ['.5', '.'],
    ['0.00', '.'],
    ['056.10', '.'],
    ['1e3', '.'],
    ['99999999999999999.99', '.'],
  ])('reads no amount in %s with two decimals behind %s', (amount, decimalSeparator) => {
    const format = { ...PLAIN_FORMAT, decimals: 2, decimalSeparator };
    expect(read(['1', 'acct', amount, 'r'], header, format)).toMatchObject({ kind: 'bad' });
  });

  it('takes a last line without its line break only where that is asked for', () => {
    const row = ['1', 'acct', '12', 'r'];
    expect(read(row, header, PLAIN_FORMAT, false)).toMatchObject({
      kind: 'bad',
      reason: expect.stringContaining('no line break') as string,
    });
    expect(read(row, header, { ...PLAIN_FORMAT, takesLastLine: true }, false)).toMatchObject({
      kind: 'charge',
    });
  });
});

describe('readHeader', () => {
  it('finds columns by what the log calls them, and needs no time', () => {
    const columns = new Map([['amount', 'Betrag'] as const, ['account_id', 'Konto'] as const]);
    expect(readHeader(['Konto', 'Betrag'], { ...PLAIN_FORMAT, columns })).toEqual({
      count: 2,
      tsMs: undefined,
      accountId: 0,
      amount: 1,
      requestId: undefined,
    });
    expect(() => readHeader(['Konto', 'amount'], { ...PLAIN_FORMAT, columns })).toThrow('no column Betrag');
  });

  it.each([
    [['ts_ms', 'account_id'], 'no column amount'],
    [['1554076848000', '34734', '2006'], 'no column account_id'],
    [['ts_ms', 'account_id', 'amount', 'amount'], 'the column amount twice'],
  ])('refuses %j', (names, message) => {
    expect(() => readHeader(names, PLAIN_FORMAT)).toThrow(message);
  });
});
