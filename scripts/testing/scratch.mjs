import { accessSync, constants, statfsSync } from 'node:fs';
import { freemem } from 'node:os';

const memoryFolder = '/dev/shm';
/** What a run writes at most, servers' data included, and as much again for what the machine does beside it. */
const bytesMin = 4 * 1024 ** 3;

/**
 * Where a test run keeps what is gone with it: databases of servers, SQLite files, temporary folders. In memory where
 * this machine has room there: much of a run's time is else spent waiting for a disk to confirm what nobody will read.
 * What the tests kill are processes, and those leave their files behind in memory as on a disk.
 *
 * @returns variables for whatever starts servers or runs tests; none where the disk has to do
 */
export function scratchEnvironment() {
  return hasRoom() ? { TMPDIR: memoryFolder, HOTSPLIT_SERVERS_DIR: memoryFolder } : {};
}

function hasRoom() {
  if (process.env.HOTSPLIT_SERVERS_DIR || process.env.TMPDIR) return false;
  try {
    accessSync(memoryFolder, constants.W_OK);
    const { bavail, bsize } = statfsSync(memoryFolder);
    return Math.min(bavail * bsize, process.availableMemory?.() ?? freemem()) >= bytesMin;
  } catch {
    return false;
  }
}
