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
  if (!isAccountId(text))
    throw new InvalidArgumentError('An account id is 1 to 64 of A-Z a-z 0-9 _ . : -, and neither . nor ..');
  return text;
}

export function requestIdArgument(text: string): string {
  if (!isRequestId(text)) {
    throw new InvalidArgumentError(
      'A request id is 1 to 64 printable ASCII characters without blanks, and neither . nor ..',
    );
  }
  return text;
}

export function assetArgument(text: string): string {
  if (!isAsset(text)) throw new InvalidArgumentError('An asset looks like USD/2, JPY or POINTS/0.');
  return text;
}

export function shardNameArgument(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text)) {
    throw new InvalidArgumentError('The name of a shard is 1 to 64 of A-Z a-z 0-9 _ -.');
  }
  return text;
}

export function shardNamesArgument(text: string): string[] {
  const names = text.split(',').map((name) => shardNameArgument(name.trim()));
  if (new Set(names).size < names.length) throw new InvalidArgumentError('Each shard once.');
  return names;
}

/** The revision in an account's ETag, with or without its quotes. */
export function revisionArgument(text: string): string {
  const [, revision] = /^"?([1-9][0-9]{0,14})"?$/.exec(text) ?? [];
  if (revision === undefined)
    throw new InvalidArgumentError('A revision is the number in an account’s ETag.');
  return revision;
}

/** `key=value`, added to those before it. */
export function pairArgument(
  text: string,
  before: Readonly<Record<string, string>> | boolean | undefined,
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be key=value.');
  return { ...(typeof before === 'object' && before), [text.slice(0, at)]: text.slice(at + 1) };
}

/** An RFC 3339 time, or a day, which begins at midnight UTC. */
export function timeArgument(text: string): string {
  const isTime = /^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?$/.test(text);
  if (!isTime || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('A time looks like 2026-01-31T12:00:00Z, or 2026-01-31.');
  return text.length === 10 ? `${text}T00:00:00Z` : text;
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
