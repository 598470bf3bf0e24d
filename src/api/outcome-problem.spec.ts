import { NOBODY } from '../platform/principal';
import { ShardFault, ShardUnavailableError } from '../shards/faults';
import { problemOfFault } from './fault-problem';
import { entryOrProblem } from './outcome-problem';

describe('the problem with a database that has no room left', () => {
  const asked = { code: 'SHARD_UNAVAILABLE', message: expect.stringContaining('no room left') as string };

  it('says so of a command that was turned away, and may be repeated', () => {
    const problem = entryOrProblem({ kind: 'shardUnavailable', shard: 's0', isForWantOfRoom: true }, NOBODY);
    expect(problem).toMatchObject({ ...asked, status: 503, extras: { retryAfterSeconds: 1 } });
  });

  it('says so of a write that failed', () => {
    const cause = new ShardFault('s0', 'unavailable', { code: 'SQLITE_FULL' });
    const error = new ShardUnavailableError('s0', 'full', { cause });
    expect(problemOfFault(error, { defect: () => undefined })).toMatchObject(asked);
  });

  it('says nothing of room where a shard cannot be reached', () => {
    const problem = entryOrProblem({ kind: 'shardUnavailable', shard: 's0' }, NOBODY);
    expect(problem).toMatchObject({ message: 'A database cannot be reached' });
  });
});
