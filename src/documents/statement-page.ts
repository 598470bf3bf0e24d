import { plainText, type StatementDocument, type StatementLine } from './statement-lines';

/** All that is looked up for the page: nothing but this style, which the policy of its answer names by its hash. */
export const STATEMENT_STYLE = `
:root { color-scheme: light; font: 10pt/1.4 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #111; background: #fff; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1.5rem; margin: 0 0 1.5rem; }
dt { color: #555; }
dd { margin: 0; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
th { border-bottom: 2px solid #111; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.balance th, .balance td { font-weight: 600; border-bottom: 2px solid #111; }
time { white-space: nowrap; }
small { color: #555; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
@page { size: A4; margin: 15mm; }
@media print { body { margin: 0; max-width: none; padding: 0; } }
`;

/**
 * A statement as one HTML page to look at, print or save as PDF. It has no script and loads nothing. All text that comes from
 * outside is escaped, stands in a direction of its own, and has its control characters as their numbers.
 */
export async function* statementPage(
  document: StatementDocument,
  pages: AsyncIterable<readonly StatementLine[]>,
): AsyncGenerator<string> {
  const { accountId, asset, openingAt, closingAt, openingMinor, closingMinor } = document;
  const amount = amountIn(asset);
  const account = escaped(accountId);
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Statement of ${account}</title>
<style>${STATEMENT_STYLE}</style>
</head>
<body>
<h1>Statement of ${account}</h1>
<dl>
<dt>Asset</dt><dd>${escaped(asset)}</dd>
<dt>From</dt><dd>${openingAt === undefined ? 'the beginning' : timeText(openingAt)}</dd>
<dt>To</dt><dd>${timeText(closingAt)}</dd>
</dl>
<table>
<thead><tr><th scope="col">Time (UTC)</th><th scope="col">What</th><th scope="col" class="amount">Change</th><th scope="col" class="amount">Balance</th></tr></thead>
<tbody>
<tr class="balance"><th scope="row" colspan="3">Opening balance</th><td class="amount">${amount(openingMinor)}</td></tr>
`;
  for await (const lines of pages) yield lines.map((line) => lineText(line, amount)).join('');
  yield `<tr class="balance"><th scope="row" colspan="3">Closing balance</th><td class="amount">${amount(closingMinor)}</td></tr>
</tbody>
</table>
</body>
</html>
`;
}

function lineText(line: StatementLine, amount: (minor: bigint) => string): string {
  const { at, kind, changeMinor, balanceMinor, requestId, reference, counterparty, metadata } = line;
  const notes = [
    ...(counterparty === undefined ? [] : [`with ${foreign(counterparty)}`]),
    ...(reference === undefined ? [] : [foreign(reference)]),
    ...Object.entries(metadata ?? {}).map(
      ([name, value]) => `<small>${foreign(`${name}: ${value}`)}</small>`,
    ),
    `<small>${foreign(requestId)}</small>`,
  ];
  const what = [escaped(kind), ...notes].join('<br>');
  const sign = changeMinor > 0n ? '+' : '';
  return `<tr><td>${timeText(at)}</td><td>${what}</td><td class="amount">${sign}${amount(changeMinor)}</td><td class="amount">${amount(balanceMinor)}</td></tr>\n`;
}

/** Amounts with the decimals of their asset, such as 1,234.50 of 123450 cents. */
function amountIn(asset: string): (minor: bigint) => string {
  const decimals = Number(asset.split('/')[1] ?? 0);
  return (minor) => {
    const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, '0');
    const whole = digits.slice(0, digits.length - decimals).replaceAll(/\B(?=(\d{3})+$)/g, ',');
    const part = decimals === 0 ? '' : `.${digits.slice(-decimals)}`;
    return `${minor < 0n ? '\u2212' : ''}${whole}${part}`;
  };
}

function timeText(time: string): string {
  return `<time datetime="${escaped(time)}">${escaped(time.replace('T', ' ').replace('Z', ''))}</time>`;
}

/** Text of somebody else’s: whatever direction it is written in, what stands beside it stays where it is. */
function foreign(text: string): string {
  return `<bdi>${escaped(text)}</bdi>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return plainText(text).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
