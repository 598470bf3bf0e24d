import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';

/**
 * Does node_modules already hold what package-lock.json asks for, although no stamp says so? True after someone ran
 * `npm ci` or `npm install` by hand: installing once more would cost a minute and change nothing.
 * npm itself keeps the record of what it installed in node_modules/.package-lock.json.
 */
export function installedTreeMatchesLock(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  const manifest = readJson(join(root, 'package.json'));
  if (!wanted || !installed || !lockBelongsTo(manifest, wanted[''])) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    // Optional packages of other platforms stay away by design.
    if (!installed[path]) return entry.optional === true || entry.devOptional === true || entry.peer === true;
    return installed[path].version === entry.version && installed[path].integrity === entry.integrity;
  });
}

function lockBelongsTo(manifest, lockedRoot) {
  return ['dependencies', 'devDependencies', 'optionalDependencies'].every((field) =>
    isDeepStrictEqual(manifest[field] ?? {}, lockedRoot?.[field] ?? {}),
  );
}

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
