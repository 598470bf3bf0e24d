import { OperatorFault } from '../faults';
import type { ColumnName, LogFormat } from './log-format';

/** Where the columns stand. Others may stand between them and are ignored. */
export interface LogColumns {
  readonly count: number;
  readonly tsMs: number | undefined;
  readonly accountId: number;
  readonly amount: number;
  readonly requestId: number | undefined;
}

/** Reads the header row. @throws OperatorFault if a column is missing or there twice */
export function readHeader(header: readonly string[], { columns, delimiter }: LogFormat): LogColumns {
  const position = (name: ColumnName): number | undefined => {
    const called = columns.get(name) ?? name;
    const index = header.indexOf(called);
    if (index !== header.lastIndexOf(called))
      throw new OperatorFault(`the header names the column ${called} twice`);
    if (index < 0 && columns.has(name)) throw missing(called, header, delimiter);
    return index < 0 ? undefined : index;
  };
  const required = (name: ColumnName): number => {
    const index = position(name);
    if (index === undefined) throw missing(name, header, delimiter);
    return index;
  };
  return {
    count: header.length,
    tsMs: position('ts_ms'),
    accountId: required('account_id'),
    amount: required('amount'),
    requestId: position('request_id'),
  };
}

function missing(name: string, header: readonly string[], delimiter: string): OperatorFault {
  return new OperatorFault(
    `the log has no column ${name}: its first row must name account_id, amount and perhaps ts_ms and request_id, and ` +
      `is ${JSON.stringify(header.join(delimiter).slice(0, 200))}; --columns says what they are called there, ` +
      '--delimiter what is between them',
  );
}
