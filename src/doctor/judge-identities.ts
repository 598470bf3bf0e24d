import { at, broken, type Check, ok, unknown, warning } from './check';

/** What a database says that it is. */
export interface FoundIdentity {
  /** The name of the shard in the settings. */
  readonly shard: string;
  /** The server, or the file, and the database: the same for two settings that lead to the same place. */
  readonly place: string;
  /** Nothing where the database has no tables yet; `unread` where it could not be asked. */
  readonly identity:
    | { readonly name: string; readonly clusterId: string; readonly incarnation: string }
    | undefined
    | 'unread';
}

/** What the directory says. */
export interface FoundDirectory {
  readonly clusterId: string | undefined;
  readonly shards: readonly {
    readonly name: string;
    readonly incarnation: string;
    readonly hasUrl: boolean;
  }[];
}

/** Whether every database is the shard that the settings and the directory take it for. */
export function judgeIdentities(
  found: readonly FoundIdentity[],
  directory: FoundDirectory | undefined,
): Check[] {
  return [
    ...found.flatMap((each) => [identity(each, found, directory)]),
    ...(directory ? [...missing(found, directory)] : []),
  ];
}

function identity(
  { shard, place, identity: own }: FoundIdentity,
  all: readonly FoundIdentity[],
  directory: FoundDirectory | undefined,
): Check {
  const check = judge();
  return { target: shard, ...check };

  function judge(): Omit<Check, 'target'> {
    const twin = all.find((other) => other.shard !== shard && other.place === place);
    if (twin)
      return broken(
        'identity',
        `${shard} and ${twin.shard} are the same database`,
        'a shard is counted twice; a start ends with SHARD_IDENTITY_MISMATCH',
        'correct one of the two addresses in HOTSPLIT_SHARDS',
      );
    if (own === 'unread')
      return unknown('identity', 'not read', 'the database could not be asked', 'see its other lines');
    const known = directory?.shards.find(({ name }) => name === shard);
    const expected = known?.incarnation ?? '';
    if (own === undefined)
      return expected === ''
        ? ok('identity', 'empty: the first start makes its tables')
        : broken(
            'identity',
            'empty, and the directory knows a database of this name that is not',
            'its share of the money is not where it should be; a start ends with SHARD_EMPTY',
            'correct the address, or restore the shard: docs/operations/shard-trouble.md',
          );
    if (own.name !== shard)
      return broken(
        'identity',
        `it calls itself ${own.name}`,
        'two addresses are swapped, or a shard was renamed; a start ends with SHARD_IDENTITY_MISMATCH',
        'correct HOTSPLIT_SHARDS: a shard keeps its name for good',
      );
    if (directory && directory.clusterId === undefined)
      return broken(
        'identity',
        'it belongs to an installation whose directory is elsewhere: the database of the directory is empty',
        'HOTSPLIT_DIRECTORY is missing or names another database; a start ends with SHARD_IDENTITY_MISMATCH',
        'set HOTSPLIT_DIRECTORY as the installation has it, or restore the directory: docs/operations/restore.md',
      );
    if (directory?.clusterId !== undefined && own.clusterId !== directory.clusterId)
      return broken(
        'identity',
        'it belongs to another installation than the directory',
        'HOTSPLIT_DIRECTORY, or this address, is of another installation',
        'correct the address that is wrong',
      );
    if (expected !== '' && expected !== 'unknown' && expected !== own.incarnation)
      return broken(
        'identity',
        'it is another database than the one that the directory knows',
        'it was restored without the directory, or is the one from before a restore',
        'correct the address; see docs/operations/restore.md',
      );
    return ok('identity', `${own.name} of ${own.clusterId}`);
  }
}

function missing(found: readonly FoundIdentity[], { shards }: FoundDirectory): Check[] {
  const names = new Set(found.map(({ shard }) => shard));
  return at(
    'directory',
    shards
      .filter(({ name }) => !names.has(name))
      .map(({ name, hasUrl }) =>
        hasUrl
          ? warning(
              'shard-in-settings',
              `${name} was registered while the service ran`,
              'its address, password included, stands in the directory only',
              'name it in HOTSPLIT_SHARDS too',
            )
          : broken(
              'shard-in-settings',
              `the settings do not name ${name}`,
              'it may hold money; a start ends with SHARD_NOT_CONFIGURED',
              'name it in HOTSPLIT_SHARDS',
            ),
      ),
  );
}
