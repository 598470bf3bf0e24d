import { existsSync } from 'node:fs';
import { ensureBuilt, isBuildCurrent, isBuilt } from './ensure-built.mjs';
import { ensureInstalled, isFresh } from './ensure-installed.mjs';
import { node24 } from './node24.mjs';
import { repositoryRoot } from './repository.mjs';

/** Installs and builds what is stale. On failure prints why and ends this process: there is nothing to go on with. */
export async function ready() {
  try {
    await ensureInstalled();
    await ensureBuilt();
  } catch (error) {
    process.stderr.write(`\nhotsplit: ${error.message}\n`);
    process.exit(1);
  }
}

/**
 * For a command that only asks a service: what is installed and built is used as it is, since the service may be running from it,
 * and a command that shows a balance must not replace that. Only where nothing is there yet is it made.
 */
export async function readyAsItIs(root = repositoryRoot) {
  if (!canRunAsItIs(root)) {
    await ready();
    return;
  }
  if (!isFresh(root) || !isBuildCurrent(root))
    process.stderr.write(
      'note: this checkout has changed since it was installed or built, and the command runs as it was built; ' +
        'npm start and npm run build bring it up to date\n',
    );
}

export function canRunAsItIs(root) {
  return existsSync(node24(root)) && isBuilt(root);
}
