import type { DeductionWay } from '../shards/deduction-way';
import { takenEntry } from './plain-deduction';
import { entryWrites } from './statements/insert-entry';
import { readTaken, takeIfEnough } from './statements/take-if-enough';

/** One guarded UPDATE: `available >= amount` is tested and the amount taken in one step under the row's lock. */
export const atomic: DeductionWay = {
  name: 'atomic',
  async deduct(session, command) {
    const [taken, row] = await session.begin([takeIfEnough(command), readTaken(command, session.dialect)]);
    if (!row || taken?.matched !== 1) return { kind: 'handOver' };
    const entry = takenEntry(row, command);
    await session.commit([...entryWrites(session, entry)]);
    return { kind: 'committed', entry };
  },
};
