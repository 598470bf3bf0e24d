import { ensureBuilt } from './ensure-built.mjs';
import { ensureInstalled } from './ensure-installed.mjs';

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
