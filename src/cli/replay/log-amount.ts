import { parseAmount } from '../../ledger/money';
import type { LogFormat } from './log-format';

const FRACTION = /^[0-9]+[.,][0-9]+$/;

/**
 * Reads an amount as the log writes it, exactly: no number is rounded, and none with more decimals than were announced
 * is read.
 *
 * @returns minor units, 1 to 10^18; `undefined` for anything else
 */
export function readLogAmount(text: string, { decimals, decimalSeparator }: LogFormat): bigint | undefined {
  if (decimals === 0) return parseAmount(text);
  const [whole = '', fraction = '', ...more] = text.split(decimalSeparator);
  if (more.length > 0 || text.endsWith(decimalSeparator) || fraction.length > decimals) return undefined;
  if (!/^(0|[1-9][0-9]*)$/.test(whole) || !/^[0-9]*$/.test(fraction)) return undefined;
  return parseAmount(`${whole}${fraction.padEnd(decimals, '0')}`.replace(/^0+/, ''));
}

/** Whether an amount looks like one in major units, `56.10`: then every amount of its log may be one. */
export function hasFraction(text: string): boolean {
  return FRACTION.test(text);
}
