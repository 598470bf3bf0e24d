import { broken, ok, type Verdict, warning } from './check';

/** What a server says of itself: its global variables and status, by name, in small letters. */
export interface ServerFacts {
  readonly version: string;
  readonly variables: ReadonlyMap<string, string>;
  readonly status: ReadonlyMap<string, string>;
  /** Hosts that the URL names. */
  readonly hosts: number;
  /** Whether the connection stays on this machine. */
  readonly isLocal: boolean;
  /** Sessions that one instance may open here. */
  readonly sessionsOfAnInstance: number;
}

type Judge = (facts: ServerFacts) => Verdict | undefined;

const MIB = 1024 * 1024;
const PACKET_MIN = 16 * MIB;
const PACKET_GOOD = 64 * MIB;
const BUFFER_POOL_MIN = 128 * MIB;
const SEMI_SYNC_MS_MIN = 3_600_000;

/** Rules about a server, each about one thing. A rule that does not concern the server at hand answers nothing. */
const RULES: readonly Judge[] = [
  version,
  redoLog,
  flushMethod,
  doublewrite,
  checksums,
  forcedRecovery,
  binaryLog,
  binaryLogFormat,
  binaryLogSync,
  packet,
  connections,
  bufferPool,
  deadlockDetection,
  lockWaits,
  readOnly,
  transport,
  semiSynchronous,
  semiSynchronousPoint,
  galera,
  severalHosts,
];

export function judgeServer(facts: ServerFacts): Verdict[] {
  return RULES.flatMap((judge) => judge(facts) ?? []);
}

function version({ version: found }: ServerFacts): Verdict {
  const [major = 0, minor = 0] = found.split('.').map((part) => Number.parseInt(part, 10));
  const isMariadb = /mariadb/i.test(found);
  const isSupported = isMariadb ? major > 10 || (major === 10 && minor >= 6) : major >= 8;
  return isSupported
    ? ok('version', found)
    : broken(
        'version',
        found,
        'the service does not start on it',
        'upgrade to MySQL 8.0 or later, or MariaDB 10.6 or later',
      );
}

function redoLog({ variables }: ServerFacts): Verdict {
  const name = 'innodb_flush_log_at_trx_commit';
  const value = variables.get(name) ?? '';
  return value === '1'
    ? ok('redo-log', `${name}=1`)
    : broken(
        'redo-log',
        `${name}=${value}`,
        'a server that crashes loses deductions that were acknowledged',
        `set ${name}=1`,
      );
}

function flushMethod({ variables }: ServerFacts): Verdict | undefined {
  const value = variables.get('innodb_flush_method') ?? '';
  if (!/nosync/i.test(value)) return ok('flush-method', value);
  return broken(
    'flush-method',
    `innodb_flush_method=${value}`,
    'nothing is forced to the disk: a machine that loses power loses money',
    'leave innodb_flush_method at its default',
  );
}

function doublewrite({ variables }: ServerFacts): Verdict | undefined {
  const value = variables.get('innodb_doublewrite') ?? 'ON';
  if (!/^(off|0)$/i.test(value)) return ok('doublewrite', value);
  return warning(
    'doublewrite',
    `innodb_doublewrite=${value}`,
    'a page that is half written at a power loss cannot be repaired',
    'set innodb_doublewrite=ON, unless the file system writes pages as a whole',
  );
}

function checksums({ variables }: ServerFacts): Verdict | undefined {
  const value = variables.get('innodb_checksum_algorithm') ?? 'crc32';
  if (!/none/i.test(value)) return ok('checksums', value);
  return warning(
    'checksums',
    `innodb_checksum_algorithm=${value}`,
    'a damaged page is read as if it were whole',
    'set innodb_checksum_algorithm=crc32',
  );
}

function forcedRecovery({ variables }: ServerFacts): Verdict | undefined {
  const value = variables.get('innodb_force_recovery') ?? '0';
  if (value === '0') return ok('recovery', 'not forced');
  return broken(
    'recovery',
    `innodb_force_recovery=${value}`,
    'the server was started to rescue data, and does not write as it should',
    'restore the shard from a backup, and start the server without it',
  );
}

function binaryLog({ variables }: ServerFacts): Verdict {
  return isOn(variables.get('log_bin'))
    ? ok('binary-log', 'log_bin=ON')
    : warning(
        'binary-log',
        'log_bin=OFF',
        'there is no replica and nothing to go on with from a backup',
        'set log_bin, and keep the files for as long as the oldest backup that is to be used',
      );
}

function binaryLogFormat({ variables, version: found }: ServerFacts): Verdict | undefined {
  if (!isOn(variables.get('log_bin'))) return undefined;
  const value = variables.get('binlog_format') ?? 'ROW';
  const good = /mariadb/i.test(found) ? ['ROW', 'MIXED'] : ['ROW'];
  return good.includes(value)
    ? ok('binary-log-format', value)
    : broken(
        'binary-log-format',
        `binlog_format=${value}`,
        'sessions at READ COMMITTED cannot write, and a start ends with DATABASE_UNSUPPORTED',
        'set binlog_format=ROW',
      );
}

function binaryLogSync({ variables }: ServerFacts): Verdict | undefined {
  if (!isOn(variables.get('log_bin'))) return undefined;
  const value = variables.get('sync_binlog') ?? '';
  return value === '1'
    ? ok('binary-log-sync', 'sync_binlog=1')
    : broken(
        'binary-log-sync',
        `sync_binlog=${value}`,
        'after a crash replicas, and what is recovered from the binary log, may lack deductions that were acknowledged',
        'set sync_binlog=1',
      );
}

function packet({ variables }: ServerFacts): Verdict {
  const bytes = Number(variables.get('max_allowed_packet'));
  const found = `max_allowed_packet=${Math.round(bytes / MIB)}M`;
  if (bytes >= PACKET_GOOD) return ok('packet', found);
  const means = 'a batch is one packet; one that is larger is refused';
  const remedy = 'set max_allowed_packet=64M';
  return bytes < PACKET_MIN
    ? broken('packet', found, means, remedy)
    : warning('packet', found, `${means} (large metadata, HOTSPLIT_BATCH_COMMANDS_MAX above 512)`, remedy);
}

function connections({ variables, sessionsOfAnInstance: need }: ServerFacts): Verdict {
  const max = Number(variables.get('max_connections'));
  const found = `max_connections=${max}, an instance may open ${need}`;
  if (max >= 2 * need) return ok('connections', found);
  const remedy = `set max_connections to at least ${need} for each instance (and each of its workers), and some for people`;
  return max < need
    ? broken('connections', found, 'one instance alone may find no session left: SHARD_UNAVAILABLE', remedy)
    : warning(
        'connections',
        found,
        'two instances may find no session left while one replaces the other',
        remedy,
      );
}

function bufferPool({ variables }: ServerFacts): Verdict {
  const bytes = Number(variables.get('innodb_buffer_pool_size'));
  const found = `innodb_buffer_pool_size=${Math.round(bytes / MIB)}M`;
  return bytes >= BUFFER_POOL_MIN
    ? ok('buffer-pool', found)
    : warning(
        'buffer-pool',
        found,
        'rows and the pages of the unique index are read from the disk again and again',
        'give it most of the memory of the machine',
      );
}

function deadlockDetection({ variables }: ServerFacts): Verdict | undefined {
  const value = variables.get('innodb_deadlock_detect') ?? 'ON';
  return isOn(value)
    ? ok('deadlock-detection', value)
    : warning(
        'deadlock-detection',
        `innodb_deadlock_detect=${value}`,
        'batches that meet each other wait for a second instead of being tried again at once',
        'set innodb_deadlock_detect=ON',
      );
}

/** The service sets its own; who works on the database by hand has the server's. */
function lockWaits({ variables }: ServerFacts): Verdict {
  const seconds = Number(variables.get('lock_wait_timeout'));
  const found = `lock_wait_timeout=${seconds}`;
  return seconds <= 86_400
    ? ok('lock-waits', found)
    : warning(
        'lock-waits',
        found,
        'an ALTER by hand waits for so long behind any open transaction, and every writer of the table behind the ALTER',
        'set lock_wait_timeout=60',
      );
}

function readOnly({ variables, hosts }: ServerFacts): Verdict | undefined {
  const on = ['super_read_only', 'read_only', 'innodb_read_only'].filter((name) => isOn(variables.get(name)));
  if (on.length === 0) return ok('writable', 'read_only=OFF');
  // A node of several may be a secondary.
  if (hosts > 1) return ok('writable', `${on.join(', ')} (one node of ${hosts})`);
  return broken(
    'writable',
    on.map((name) => `${name}=ON`).join(', '),
    'nothing can be written: is this a replica, or an old primary that is fenced?',
    'correct the address in the settings; never clear it on a server that another one has replaced',
  );
}

function transport({ status, isLocal }: ServerFacts): Verdict {
  const cipher = status.get('ssl_cipher') ?? '';
  if (cipher !== '') return ok('transport', `TLS (${cipher})`);
  if (isLocal) return ok('transport', 'plain text on this machine');
  return warning(
    'transport',
    'plain text over the network',
    'whoever is on the way reads and changes what is sent, the money included',
    'put ?ssl=true behind the URL, with ssl-ca where the authority is your own',
  );
}

function semiSynchronous({ variables }: ServerFacts): Verdict | undefined {
  const [name] = semiSyncNames(variables, 'timeout');
  if (name === undefined) return undefined;
  const ms = Number(variables.get(name));
  return ms >= SEMI_SYNC_MS_MIN
    ? ok('semi-synchronous', `${name}=${ms}`)
    : broken(
        'semi-synchronous',
        `${name}=${ms}`,
        'when no replica answers for so long, commits go on without one, and a failover then loses money',
        `set ${name} to its maximum: a commit waits for its replica`,
      );
}

function semiSynchronousPoint({ variables }: ServerFacts): Verdict | undefined {
  const [name] = semiSyncNames(variables, 'wait_point');
  if (name === undefined) return undefined;
  const value = variables.get(name) ?? '';
  return value === 'AFTER_SYNC'
    ? ok('semi-synchronous-point', value)
    : broken(
        'semi-synchronous-point',
        `${name}=${value}`,
        'others see a commit before a replica has it, and a failover takes it back',
        `set ${name}=AFTER_SYNC`,
      );
}

/** The variables of a primary that replicates semi-synchronously; each server has other words for it. */
function semiSyncNames(variables: ServerFacts['variables'], what: string): string[] {
  return ['rpl_semi_sync_source', 'rpl_semi_sync_master']
    .filter((prefix) => isOn(variables.get(`${prefix}_enabled`)) && variables.has(`${prefix}_${what}`))
    .map((prefix) => `${prefix}_${what}`);
}

function galera({ status }: ServerFacts): Verdict | undefined {
  const state = status.get('wsrep_local_state_comment');
  const cluster = status.get('wsrep_cluster_status') ?? '';
  if (state === undefined || !/primary/i.test(cluster)) return undefined;
  const size = status.get('wsrep_cluster_size') ?? '?';
  const found = `${state}, ${cluster}, ${size} nodes`;
  if (state !== 'Synced' || cluster !== 'Primary')
    return broken(
      'galera',
      found,
      'the node refuses to work',
      'bring the majority of the nodes back; bootstrap only the most advanced one, and only if the others are surely gone',
    );
  return Number(size) >= 3
    ? ok('galera', found)
    : warning('galera', found, 'the loss of one more node stops the shard', 'have three nodes or more');
}

function severalHosts({ status, hosts }: ServerFacts): Verdict | undefined {
  const size = Number(status.get('wsrep_cluster_size') ?? 0);
  if (size < 2 || hosts > 1) return undefined;
  return warning(
    'cluster-hosts',
    `a cluster of ${size} nodes, of which the URL names one`,
    'the shard is away as soon as another node is the writer',
    'name all nodes in the URL: mysql://user:password@h1:3306,h2:3306,h3:3306/database',
  );
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(on|1|yes)$/i.test(value);
}
