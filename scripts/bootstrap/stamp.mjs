import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What an installed node_modules depends on, as one digest. Scripts and versions of package.json do not matter to it. */
export function dependenciesStamp(root, { platform, arch } = process) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;
  const lockFile = join(root, 'package-lock.json');
  return createHash('sha256')
    .update(existsSync(lockFile) ? readFileSync(lockFile) : 'no lock file')
    .update(
      JSON.stringify({ dependencies, devDependencies, optionalDependencies, overrides, platform, arch }),
    )
    .digest('hex');
}

// Of the tests, what the fuzzer shares with them is built too.
const sourceFolders = ['src', 'migrations', 'tools', 'test/setup', 'packages'];

/**
 * The files that `dist` is built from, sorted, relative to the root. Specs are not built and therefore not listed;
 * package.json is, because the command line takes its version from there.
 */
export function listBuildSources(root) {
  const files = [];
  const collect = (folder) => {
    if (!existsSync(join(root, folder))) return;
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) collect(path);
      else if (!entry.name.endsWith('.spec.ts')) files.push(path);
    }
  };
  if (existsSync(join(root, 'package.json'))) files.push('package.json');
  for (const folder of sourceFolders) collect(folder);
  return files.sort();
}

/** The files that the console's page is built from, sorted, relative to the root. */
export function listConsoleSources(root) {
  const folder = join(root, 'console');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

/** The files whose change asks for a build from an empty folder: an incremental one would trust what it knew before. */
export function listBuildSettings(root) {
  return readdirSync(root)
    .filter((name) => /^(tsconfig.*\.json|\.swcrc|package-lock\.json)$/.test(name))
    .sort();
}

/**
 * One digest over names and contents. Contents rather than modification times: switching branches back and forth must
 * not look like a change, and reading some hundred small files costs a few milliseconds.
 */
export function contentStamp(root, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
