import { OperatorFault } from '../faults';

/** Where the columns stand. Others may stand between them and are ignored. */
export interface LogColumns {
  readonly count: number;
  readonly tsMs: number;
  readonly accountId: number;
  readonly amount: number;
  readonly requestId: number | undefined;
}

/** Reads the header row. @throws OperatorFault if a column is missing or there twice */
export function readHeader(header: readonly string[]): LogColumns {
  const position = (name: string): number | undefined => {
    const index = header.indexOf(name);
    if (index !== header.lastIndexOf(name))
      throw new OperatorFault(`the header names the column ${name} twice`);
    return index < 0 ? undefined : index;
  };
  const required = (name: string): number => {
    const index = position(name);
    if (index !== undefined) return index;
    const found = header.join(',').slice(0, 200);
    throw new OperatorFault(
      `the log has no column ${name}: its first row must name ts_ms, account_id, amount and perhaps request_id, ` +
        `and is ${JSON.stringify(found)}`,
    );
  };
  return {
    count: header.length,
    tsMs: required('ts_ms'),
    accountId: required('account_id'),
    amount: required('amount'),
    requestId: position('request_id'),
  };
}
