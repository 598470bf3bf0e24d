import { plainText } from './statement-lines';

/** What a spreadsheet would take for a formula, in half width and full width. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/u;

/**
 * A text of somebody else’s as one field of CSV (RFC 4180): what a spreadsheet would take for a formula begins with an apostrophe, and
 * control characters are written as their numbers. A field with a semicolon is quoted, because spreadsheets of half the world split there.
 */
export function csvField(text: string): string {
  const plain = plainText(text);
  const harmless = FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",;]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
