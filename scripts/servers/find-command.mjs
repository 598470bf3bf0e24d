import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

// Database servers live in sbin folders, which an ordinary user's PATH leaves out.
const alsoIn = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** The path of an executable on the PATH or where servers usually are; undefined if there is none. */
export function findCommand(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...alsoIn].filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
