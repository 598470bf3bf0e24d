// npm run sim -- [--seed N] [--seeds M]: the deterministic simulation. Needs no server.
import './bootstrap/require-node.mjs';
import { join } from 'node:path';
import { runNode } from './bootstrap/node24.mjs';
import { ready } from './bootstrap/ready.mjs';
import { repositoryRoot } from './bootstrap/repository.mjs';
import { passSignals } from './children/pass-signals.mjs';

await ready();

const main = join(repositoryRoot, 'dist', 'tools', 'sim', 'main.js');
const { exitCode } = await runNode(
  ['--enable-source-maps', '--no-warnings', main, ...process.argv.slice(2)],
  {
    onStart: passSignals,
  },
);
process.exit(exitCode);
