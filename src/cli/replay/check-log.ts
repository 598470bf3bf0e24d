import { OperatorFault } from '../faults';
import { type AccountNeed, addNeed } from './account-needs';
import type { LogRow } from './charge';
import { Tally } from './tally';

/** What a log holds, line by line: `charges + badRows + blankLines` is the number of its lines below the header. */
export interface CheckedLog {
  readonly charges: number;
  /** Of these, those that the log gives no request id. */
  readonly chargesWithoutId: number;
  /** Counts the bad and the blank lines; nothing was sent yet. */
  readonly tally: Tally;
  /** What the log takes from each account. */
  readonly needs: ReadonlyMap<string, AccountNeed>;
}

/**
 * Reads a log from its start to its end before anything of it is sent. Grows with the number of accounts only.
 *
 * @throws OperatorFault if an amount looks like one in major units: then the others may be as well, `56` for 56.00
 */
export async function checkLog(rows: AsyncIterable<LogRow>): Promise<CheckedLog> {
  const needs = new Map<string, AccountNeed>();
  const tally = new Tally();
  let charges = 0;
  let chargesWithoutId = 0;
  for await (const row of rows) {
    if (row.kind === 'bad' && row.hasFraction === true)
      throw new OperatorFault(
        `nothing was sent: row ${row.row}: ${row.reason}. If the amounts are in major units, say with --decimals how many ` +
          'digits they have behind the separator; if only some rows are wrong, correct them first',
      );
    if (row.kind === 'charge') {
      charges += 1;
      if (!row.charge.hasOwnId) chargesWithoutId += 1;
      addNeed(needs, row.charge);
    } else {
      tally.notSent(row);
    }
  }
  return { charges, chargesWithoutId, tally, needs };
}
