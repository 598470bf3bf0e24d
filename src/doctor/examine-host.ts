import { accessSync, constants, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { at, broken, type Check, ok, type Verdict, warning } from './check';

export interface HostToExamine {
  readonly dataDir: string;
  /** Whether money lives in the data folder. */
  readonly isEmbedded: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Connections that clients may open. */
  readonly connectionsMax: number;
}

const GIB = 1024 ** 3;
const FREE_BYTES_MIN = GIB;
/** Of file systems over a network, on which a lock of the operating system cannot be relied on: NFS, SMB, CIFS, SMB2, AFS, Ceph. */
const NETWORK_FILE_SYSTEMS = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400]);
const KEY_FILES = /^HOTSPLIT_(HTTP_TLS_KEY|GRPC_TLS_KEY|KAFKA_TLS_KEY)$/;

export function examineHost(host: HostToExamine): Check[] {
  return at('host', [...dataFolder(host), ...secretFiles(host), ...fileDescriptors(host)]);
}

function dataFolder({ dataDir, isEmbedded }: HostToExamine): Verdict[] {
  const path = resolve(dataDir);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return [missingFolder(path)];
  if (!found.isDirectory())
    return [
      broken(
        'data-folder',
        `${path} is no folder`,
        'the service does not start',
        'correct HOTSPLIT_DATA_DIR',
      ),
    ];
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return [
      broken(
        'data-folder',
        `${path} cannot be written`,
        'a start ends with FOLDER_NOT_WRITABLE',
        'correct its owner or mode, or HOTSPLIT_DATA_DIR',
      ),
    ];
  }
  return [
    openToOthers('data-folder', path, found.mode, 0o027, 'chmod 700'),
    adminKey(join(path, 'admin.key')),
    ...(isEmbedded ? [disk(path), fileSystem(path)] : []),
  ].filter((verdict) => verdict !== undefined);
}

function missingFolder(path: string): Verdict {
  try {
    accessSync(dirname(path), constants.W_OK);
    return ok('data-folder', `${path}: made by the first start`);
  } catch {
    return broken(
      'data-folder',
      `${path} is not there and cannot be made`,
      'a start ends with FOLDER_NOT_WRITABLE',
      'make it, or correct HOTSPLIT_DATA_DIR',
    );
  }
}

function openToOthers(id: string, path: string, mode: number, mask: number, remedy: string): Verdict {
  return (mode & mask) === 0
    ? ok(id, path)
    : warning(
        id,
        `${path} is open to others (mode ${(mode & 0o777).toString(8)})`,
        'other users of this machine read what is in it',
        `${remedy} ${path}`,
      );
}

function adminKey(path: string): Verdict | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && openToOthers('admin-key', path, found.mode, 0o077, 'chmod 600');
}

function disk(path: string): Verdict {
  const { bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  const found = `${(free / GIB).toFixed(1)} GiB free at ${path}`;
  return free >= FREE_BYTES_MIN
    ? ok('disk', found)
    : broken('disk', found, 'a full disk takes no deduction', 'make room, or move the data folder');
}

function fileSystem(path: string): Verdict {
  const { type } = statfsSync(path);
  return NETWORK_FILE_SYSTEMS.has(type)
    ? broken(
        'file-system',
        `${path} is on a network share (type 0x${type.toString(16)})`,
        'locks and syncs are not to be relied on there: two processes may write one file, and a crash may lose money',
        'keep the data folder on a local disk, or use MySQL shards',
      )
    : ok('file-system', `0x${type.toString(16)}`);
}

/** Files with secrets that the settings name. */
function secretFiles({ environment }: HostToExamine): Verdict[] {
  return Object.entries(environment)
    .filter(([name, path]) => (/^HOTSPLIT_\w+_FILE$/.test(name) || KEY_FILES.test(name)) && path)
    .flatMap(([name, path = '']) => {
      const found = statSync(path, { throwIfNoEntry: false });
      // What cannot be read at all is a fault of the settings. Groups may read: that is how containers mount secrets.
      return found ? [openToOthers(`secret ${name}`, path, found.mode, 0o007, 'chmod o= ')] : [];
    });
}

function fileDescriptors({ connectionsMax }: HostToExamine): Verdict[] {
  let limits: string;
  try {
    limits = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return [];
  }
  const [, soft = ''] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
  const max = soft === 'unlimited' ? Infinity : Number(soft);
  const found = `${soft} open files, up to ${connectionsMax} connections`;
  return [
    max > connectionsMax
      ? ok('open-files', found)
      : warning(
          'open-files',
          found,
          'connections are refused, and databases not reached, before the limits of the settings are',
          'raise the limit (LimitNOFILE, ulimit -n), or lower HOTSPLIT_HTTP_CONNECTIONS_MAX and HOTSPLIT_GRPC_CONNECTIONS_MAX',
        ),
  ];
}
