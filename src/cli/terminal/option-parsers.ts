import { InvalidArgumentError } from 'commander';
import { isAsset } from '../../ledger/asset';
import { isAccountId, isRequestId } from '../../ledger/identifiers';
import { parseAmount } from '../../ledger/money';

/** Checked here already, so that a slip is told before anything is sent. */
export function amountArgument(text: string): string {
  if (parseAmount(text) === undefined) {
    throw new InvalidArgumentError('An amount is a whole number of minor units from 1 to 10^18.');
  }
  return text;
}

export function accountIdArgument(text: string): string {
  if (!isAccountId(text)) throw new InvalidArgumentError('An account id is 1 to 64 of A-Z a-z 0-9 _ . : -');
  return text;
}

export function requestIdArgument(text: string): string {
  if (!isRequestId(text)) {
    throw new InvalidArgumentError('A request id is 1 to 64 printable ASCII characters without blanks.');
  }
  return text;
}

export function assetArgument(text: string): string {
  if (!isAsset(text)) throw new InvalidArgumentError('An asset looks like USD/2, JPY or POINTS/0.');
  return text;
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`A whole number from ${min} to ${max}.`);
  };
}

/** Any finite number within bounds. */
export function decimalNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`A number from ${min} to ${max}.`);
  };
}
