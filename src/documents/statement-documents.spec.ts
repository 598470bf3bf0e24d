import { parse } from 'csv-parse/sync';
import { statementCsv } from './statement-csv';
import type { StatementDocument, StatementLine } from './statement-lines';
import { statementPage } from './statement-page';

const DOCUMENT: StatementDocument = {
  accountId: 'advertiser-7',
  asset: 'USD/2',
  openingAt: '2026-01-01T00:00:00.000Z',
  closingAt: '2026-02-01T00:00:00.000Z',
  openingMinor: 123_456_789n,
  closingMinor: -5n,
};

const LINE: StatementLine = {
  at: '2026-01-02T03:04:05.678Z',
  kind: 'deduction',
  changeMinor: -250n,
  balanceMinor: 123_456_539n,
  requestId: 'click-1',
};

const HOSTILE = [
  '=HYPERLINK("http://evil.example","click")',
  '+1+1|cmd',
  '-2+3',
  '@SUM(A1)',
  ' =1+1',
  '\t=1+1',
  '＝1+1',
  'a,b"c;d',
  'two\r\nlines\nhere',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</td></table></style><style>*{display:none}</style>',
  "&amp; &#60; ' onmouseover='x",
  '\u202Eelpmaxe\u202C \u001b]52;c;AAAA\u0007',
  'a\u2028b\u0000c\ud800',
];

async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}

async function* pagesOf(...pages: StatementLine[][]): AsyncGenerator<StatementLine[]> {
  yield* pages;
  await Promise.resolve();
}

describe('a statement as CSV', () => {
  it('has the opening balance, each entry with the balance behind it, and the closing one', async () => {
    const further = { reference: 'banner 42', counterparty: 'shop-1', metadata: { a: 'b' } };
    const text = await textOf(statementCsv(DOCUMENT, pagesOf([LINE], [{ ...LINE, ...further }])));
    expect(text.split('\r\n')).toEqual([
      'at,kind,change,balance,request_id,reference,counterparty,metadata',
      '2026-01-01T00:00:00.000Z,opening,,123456789,,,,',
      '2026-01-02T03:04:05.678Z,deduction,-250,123456539,click-1,,,',
      '2026-01-02T03:04:05.678Z,deduction,-250,123456539,click-1,banner 42,shop-1,"{""a"":""b""}"',
      '2026-02-01T00:00:00.000Z,closing,,-5,,,,',
      '',
    ]);
  });

  it.each(HOSTILE)('has no formula, no control character and one line in %j', async (hostile) => {
    const line = { ...LINE, requestId: hostile, reference: hostile, metadata: { [hostile]: hostile } };
    const text = await textOf(statementCsv(DOCUMENT, pagesOf([line])));
    const rows: string[][] = parse(text);
    expect(rows.map((row) => row.length)).toEqual([8, 8, 8, 8]);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    for (const field of rows[2]?.slice(4) ?? []) expect(field).not.toMatch(/^\s*[=+\-@\uFF1D]/);
  });
});

describe('a statement as a page', () => {
  it('has amounts with the decimals of their asset, and what became of the account', async () => {
    const text = await textOf(statementPage(DOCUMENT, pagesOf([LINE])));
    for (const shown of [
      '1,234,567.89',
      '\u22122.50',
      '1,234,565.39',
      '\u22120.05',
      'Statement of advertiser-7',
    ])
      expect(text).toContain(shown);
    const points = await textOf(
      statementPage({ ...DOCUMENT, asset: 'POINTS' }, pagesOf([{ ...LINE, changeMinor: 1_000n }])),
    );
    expect(points).toContain('+1,000<');
  });

  it.each(HOSTILE)('has as many elements and attributes as without %j', async (hostile) => {
    const shape = (text: string): string[] => text.match(/<[^>]*>/g) ?? [];
    const of = (words: string) =>
      textOf(
        statementPage(
          { ...DOCUMENT, accountId: words, asset: words },
          pagesOf([
            {
              ...LINE,
              kind: words,
              requestId: words,
              reference: words,
              counterparty: words,
              metadata: { [words]: words },
            },
          ]),
        ),
      );
    const [plain, text] = await Promise.all([of('word'), of(hostile)]);
    expect(shape(text)).toEqual(shape(plain));
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  });

  it('is as long as it is: pages are written as they come', async () => {
    const parts: string[] = [];
    for await (const part of statementPage(DOCUMENT, pagesOf([LINE], [LINE], [LINE]))) parts.push(part);
    expect(parts).toHaveLength(5);
  });
});
