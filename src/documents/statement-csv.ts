import { csvField } from './csv-field';
import type { StatementDocument, StatementLine } from './statement-lines';

const HEAD = 'at,kind,change,balance,request_id,reference,counterparty,metadata';

/**
 * A statement as comma-separated values (RFC 4180), a line for the opening balance, each entry and the closing one: a file without the
 * last line was cut short. Amounts are in minor units. A text that a spreadsheet would take for a formula begins with an apostrophe.
 */
export async function* statementCsv(
  { openingAt = '', closingAt, openingMinor, closingMinor }: StatementDocument,
  pages: AsyncIterable<readonly StatementLine[]>,
): AsyncGenerator<string> {
  yield `${HEAD}\r\n${openingAt},opening,,${openingMinor},,,,\r\n`;
  for await (const lines of pages) yield lines.map(lineText).join('');
  yield `${closingAt},closing,,${closingMinor},,,,\r\n`;
}

function lineText({ at, kind, changeMinor, balanceMinor, requestId, ...notes }: StatementLine): string {
  const { reference = '', counterparty = '', metadata } = notes;
  const texts = [requestId, reference, counterparty, metadata ? JSON.stringify(metadata) : ''].map(csvField);
  return `${at},${kind},${changeMinor},${balanceMinor},${texts.join(',')}\r\n`;
}
