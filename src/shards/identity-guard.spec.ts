import { ShardFault } from './faults';
import { IdentityGuard } from './identity-guard';
import type { ShardIdentity } from './shard-identity';

const OWN: ShardIdentity = { name: 'east', clusterId: 'cluster', incarnation: 'first' };

describe('the identity of a database', () => {
  test('is not confirmed to whoever asks while another one stood there and the own one comes back', async () => {
    const { guard, database, directory } = await identified();
    const held = Promise.withResolvers<undefined>();
    directory.whenAsked = () => held.promise;
    database.identity = undefined;
    const looks = [guard.confirm()];
    await Promise.resolve();
    // Answered by the empty database as well, and asking while the first look waits for the directory.
    looks.push(guard.confirm());
    const told = Promise.allSettled(looks);
    database.identity = OWN;
    held.resolve(undefined);
    for (const { status, reason } of (await told) as PromiseRejectedResult[]) {
      expect(status).toBe('rejected');
      expect(reason).toBeInstanceOf(ShardFault);
      expect(reason).toMatchObject({ verdict: 'unavailable' });
    }
    await expect(guard.confirm()).resolves.toBeUndefined();
  });

  test('is that of a database with which the shard was begun anew', async () => {
    const { guard, database, directory } = await identified();
    directory.incarnation = 'second';
    database.identity = { ...OWN, incarnation: 'second' };
    await expect(guard.confirm()).resolves.toBeUndefined();
    expect(guard.incarnation).toBe('second');
  });
});

/** A guard that has identified its database, which may become another one. */
async function identified() {
  const database: { identity: ShardIdentity | undefined } = { identity: OWN };
  const directory = {
    incarnation: 'first',
    whenAsked: (): Promise<undefined> => Promise.resolve(undefined),
  };
  const guard = new IdentityGuard({
    name: OWN.name,
    clusterId: () => Promise.resolve(OWN.clusterId),
    known: {
      incarnationOf: async () => {
        await directory.whenAsked();
        return directory.incarnation;
      },
      record: () => Promise.resolve(false),
      isLost: () => Promise.resolve(false),
      refused: () => undefined,
    },
    store: {
      isMissing: () => false,
      find: () => Promise.resolve(database.identity),
      write: () => Promise.resolve(),
      fill: () => Promise.resolve(),
    },
    newId: () => 'new',
  });
  await guard.identify();
  return { guard, database, directory };
}
