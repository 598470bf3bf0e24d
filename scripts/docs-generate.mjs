// npm run docs:generate: writes the tables of settings, errors and metrics in docs/ anew, from the code.
import './bootstrap/require-node.mjs';
import { join } from 'node:path';
import { runNode } from './bootstrap/node24.mjs';
import { ready } from './bootstrap/ready.mjs';
import { repositoryRoot } from './bootstrap/repository.mjs';

await ready();

const main = join(repositoryRoot, 'dist', 'tools', 'docs', 'main.js');
const { exitCode } = await runNode(['--enable-source-maps', main, ...process.argv.slice(2)]);
process.exit(exitCode);
