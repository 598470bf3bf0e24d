// npm run chaos -- [--minutes M] [--seed N] [--json FILE]: breaks real processes under load and proves that no money was
// lost. What it breaks, it starts itself (tools/chaos/parts): private servers, services from `dist`, networks between them.
import './bootstrap/require-node.mjs';
import { join } from 'node:path';
import { runNode } from './bootstrap/node24.mjs';
import { ready } from './bootstrap/ready.mjs';
import { repositoryRoot } from './bootstrap/repository.mjs';
import { passSignals } from './children/pass-signals.mjs';

/** A long run remembers every key it sent. */
const heapMibMax = 4096;

await ready();

const main = join(repositoryRoot, 'dist', 'tools', 'chaos', 'main.js');
const { exitCode } = await runNode(
  ['--enable-source-maps', `--max-old-space-size=${heapMibMax}`, main, ...process.argv.slice(2)],
  { onStart: passSignals },
);
process.exit(exitCode);
