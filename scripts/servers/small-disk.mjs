import { mkdirSync, readFileSync } from 'node:fs';
import { runChild } from '../children/run-child.mjs';

/**
 * Mounts a disk in memory of so many MiB at `folder`, which is made. Says whether it did: only root may, and not
 * everywhere. Whoever removes the folder calls `unmountSmallDisks` first.
 */
export async function mountSmallDisk(folder, mib) {
  mkdirSync(folder);
  const mount = ['-t', 'tmpfs', '-o', `size=${mib}m,mode=0700`, 'hotsplit', folder];
  const { exitCode } = await runChild('mount', mount, { capture: true, toTheEnd: true }).catch(() => ({}));
  return exitCode === 0;
}

/** Takes every disk that is mounted below a folder off it, also one that a process still uses. */
export async function unmountSmallDisks(folder) {
  for (const mountPoint of mountPointsBelow(folder))
    await runChild('umount', ['--lazy', mountPoint], { capture: true, toTheEnd: true });
}

function mountPointsBelow(folder) {
  try {
    return readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1])
      .filter((mountPoint) => mountPoint?.startsWith(`${folder}/`));
  } catch {
    return [];
  }
}
