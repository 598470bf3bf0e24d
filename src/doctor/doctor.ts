import { databasesOf, type InstallationDatabase } from '../backup/installation';
import { readSettings, type Settings, SettingsError } from '../platform/settings';
import { INTAKE_LANES } from '../shards/shard';
import { at, broken, type Check, ok } from './check';
import { examineHost } from './examine-host';
import { examineMysql, type Examined } from './examine-mysql';
import { examineSqlite } from './examine-sqlite';
import { judgeClocks } from './judge-clocks';
import { type FoundIdentity, judgeIdentities } from './judge-identities';
import { examineKafka, examineRedis } from './reachable';

type Environment = Readonly<Record<string, string | undefined>>;

/** Sessions for reads of a shard, and for the directory. */
const STATEMENT_SESSIONS = 8;

/**
 * Looks at everything that an installation stands on, and changes nothing. What cannot be asked is a finding like the others.
 */
export async function examine(environment: Environment): Promise<Check[]> {
  let settings: Settings;
  try {
    settings = readSettings(environment);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return at(
      'settings',
      error.faults.map((fault) =>
        broken('setting', fault, 'the service does not start', 'correct it: docs/settings.md'),
      ),
    );
  }
  const { redisUrl, kafka } = settings;
  const [databases, redis, brokers] = await Promise.all([
    examineDatabases(settings),
    redisUrl === undefined ? [] : examineRedis(redisUrl),
    kafka ? examineKafka(kafka.connection.brokers) : [],
  ]);
  return [
    ...at('settings', [ok('setting', 'all are usable')]),
    ...hostOf(settings, environment),
    ...databases,
    ...redis,
    ...brokers,
  ];
}

function hostOf(settings: Settings, environment: Environment): Check[] {
  const { dataDir, shardAddresses, directoryLocation, httpConnectionsMax, grpcConnectionsMax } = settings;
  const locations = [...shardAddresses.map(({ location }) => location), directoryLocation];
  return examineHost({
    dataDir,
    environment,
    isEmbedded: locations.some(({ kind }) => kind === 'sqlite'),
    connectionsMax: httpConnectionsMax + grpcConnectionsMax,
  });
}

async function examineDatabases(settings: Settings): Promise<Check[]> {
  const { shardAddresses: shards, directoryLocation: directory, dataDir } = settings;
  const databases = databasesOf({ shards, directory, dataDir });
  const examined = await Promise.all(
    databases.map(async (database) => ({ database, examined: await examineOne(database, settings) })),
  );
  const identities = examined.flatMap(({ database: { shard, id }, examined: found }): FoundIdentity[] =>
    shard === undefined ? [] : [{ shard, place: found.place ?? id, identity: found.identity }],
  );
  const home = examined.find(({ database: { parts } }) => parts.includes('directory'));
  return [
    ...examined.flatMap(({ examined: { checks } }) => checks),
    ...judgeClocks(examined.flatMap(({ examined: { clocks } }) => clocks)),
    ...judgeIdentities(identities, home?.examined.directory),
  ];
}

async function examineOne(
  { shard, location, parts }: InstallationDatabase,
  { lanesPerShard, strategySessions, workers }: Settings,
): Promise<Examined> {
  const batches = 2 * (lanesPerShard + INTAKE_LANES) + 1;
  const ofShard = parts.includes('shard') ? batches + strategySessions + STATEMENT_SESSIONS : 0;
  const ofDirectory = parts.includes('directory') ? STATEMENT_SESSIONS : 0;
  const database = {
    target: shard ?? 'directory',
    parts,
    sessionsOfAnInstance: workers * (ofShard + ofDirectory),
  };
  return location.kind === 'sqlite'
    ? examineSqlite(location.path, database)
    : examineMysql(location.url, database);
}
