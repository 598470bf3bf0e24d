import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Balances, entries and the admin key are the owner's only. */
const OWNER_ONLY = 0o700;

/**
 * Makes a folder and those missing above it, for their owner only. One that is there stays as it is. Node's own recursive form never
 * returns where a folder is there and nothing can be made in it because "there is no such folder", as below `/proc`.
 *
 * @throws Error of the operating system, with its `code`
 */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path, OWNER_ONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
