#!/usr/bin/env node
// The operator's command line: installs and builds what is stale (progress goes to stderr), then hands over.
import './bootstrap/require-node.mjs';
import { join } from 'node:path';
import { runNode } from './bootstrap/node24.mjs';
import { ready } from './bootstrap/ready.mjs';
import { repositoryRoot } from './bootstrap/repository.mjs';
import { passSignals } from './children/pass-signals.mjs';

await ready();

const main = join(repositoryRoot, 'dist', 'src', 'cli', 'main.js');
const { exitCode } = await runNode(['--enable-source-maps', main, ...process.argv.slice(2)], {
  onStart: passSignals,
});
process.exit(exitCode);
