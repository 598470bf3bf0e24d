#!/usr/bin/env node
// The operator's command line: runs what is installed and built, and makes it only where nothing is there yet.
import './bootstrap/require-node.mjs';
import { join } from 'node:path';
import { runNode } from './bootstrap/node24.mjs';
import { readyAsItIs } from './bootstrap/ready.mjs';
import { repositoryRoot } from './bootstrap/repository.mjs';
import { passSignals } from './children/pass-signals.mjs';

await readyAsItIs();

const main = join(repositoryRoot, 'dist', 'src', 'cli', 'main.js');
const { exitCode } = await runNode(['--enable-source-maps', main, ...process.argv.slice(2)], {
  onStart: passSignals,
});
process.exit(exitCode);
