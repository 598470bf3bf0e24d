import { entryOf } from '../ledger/outside-change';
import { integer } from '../shards/database';
import type { DeductionWay } from '../shards/deduction-way';
import { plainDeduction } from './plain-deduction';
import { entryWrites } from './statements/insert-entry';
import { readRow } from './statements/read-row';
import { readClock, writeIfVersion } from './statements/write-if-version';

/** Reads without a lock and writes if the row's version is the one it read; otherwise again, after a random pause. */
export const optimistic: DeductionWay = {
  name: 'optimistic',
  async deduct(session, command) {
    const deduction = plainDeduction(await session.read(readRow(command, session.dialect)), command);
    if (!deduction) return { kind: 'handOver' };
    const [written, clock] = await session.begin([
      writeIfVersion(deduction.after),
      readClock(session.dialect),
    ]);
    if (written?.matched !== 1) return { kind: 'conflict' };
    const entry = entryOf('deduction', command, deduction.after, integer(clock?.rows[0]?.[0]));
    await session.commit([...entryWrites(session, entry)]);
    return { kind: 'committed', entry };
  },
};
