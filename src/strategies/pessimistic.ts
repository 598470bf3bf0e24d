import { entryOf } from '../ledger/outside-change';
import type { DeductionWay } from '../shards/deduction-way';
import { plainDeduction } from './plain-deduction';
import { entryWrites } from './statements/insert-entry';
import { lockRow } from './statements/lock-row';
import { writeRow } from './statements/write-row';

/** Locks the row, decides in code, writes what it decided: the lock is held for the time that the code takes. */
export const pessimistic: DeductionWay = {
  name: 'pessimistic',
  async deduct(session, command) {
    const [row] = await session.begin([lockRow(command, session.dialect)]);
    const deduction = row && plainDeduction(row, command);
    if (!deduction) return { kind: 'handOver' };
    const entry = entryOf('deduction', command, deduction.after, deduction.nowUs);
    await session.commit([...entryWrites(session, entry), writeRow(deduction.after)]);
    return { kind: 'committed', entry };
  },
};
