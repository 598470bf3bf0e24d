import type { DeductionWay } from '../shards/deduction-way';
import { plainDeduction, takenEntry } from './plain-deduction';
import { entryWrites } from './statements/insert-entry';
import { readRow } from './statements/read-row';
import { readTaken } from './statements/take-if-enough';
import { writeIfBalance } from './statements/write-if-balance';

/**
 * Reads without a lock and writes if the balance is the one it read; otherwise again, after a random pause. A balance may
 * have gone away and come back meanwhile: harmless here, see `writeIfBalance`.
 */
export const cas: DeductionWay = {
  name: 'cas',
  async deduct(session, command) {
    const deduction = plainDeduction(await session.read(readRow(command, session.dialect)), command);
    if (!deduction) return { kind: 'handOver' };
    const [written, row] = await session.begin([
      writeIfBalance(command, deduction.before.availableMinor),
      readTaken(command, session.dialect),
    ]);
    if (!row || written?.matched !== 1) return { kind: 'conflict' };
    const entry = takenEntry(row, command);
    await session.commit([...entryWrites(session, entry)]);
    return { kind: 'committed', entry };
  },
};
