// npm run dev: like npm start, and whenever a source of the service changes, compiles that file and starts the service again.
// Types are not checked: `npm run typecheck -- --watch` in another terminal does that.
import './bootstrap/require-node.mjs';
import { existsSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { forgetBuild } from './bootstrap/ensure-built.mjs';
import { ready } from './bootstrap/ready.mjs';
import { repositoryRoot } from './bootstrap/repository.mjs';
import { transpileFile } from './bootstrap/transpile-file.mjs';
import { watchLauncher } from './children/launcher.mjs';
import { exitCodeOf } from './children/run-child.mjs';
import { onStopSignals, spawnService } from './children/service.mjs';

/** Editors write a file in several steps, and a change of branches writes many files. */
const quietMs = 100;
const folders = ['src', 'migrations', 'proto'];

await ready();

const args = process.argv.slice(2);
const changed = new Set();
let timer;
let isStopping = false;
let isRestarting = false;
let service = start();

for (const folder of folders) {
  watch(join(repositoryRoot, folder), { recursive: true }, (_event, name) => {
    if (name === null || name.endsWith('.spec.ts') || !/\.(ts|json|proto|binpb)$/.test(name)) return;
    changed.add(`${folder}/${name.replaceAll('\\', '/')}`);
    clearTimeout(timer);
    timer = setTimeout(restart, quietMs);
  });
}
say(`watching ${folders.join(', ')}`);

onStopSignals(stop);
watchLauncher(() => stop('SIGTERM'));
process.on('SIGHUP', () => stop('SIGTERM'));

function start() {
  const child = spawnService(args);
  child.once('error', (error) => {
    say(`the service could not be started: ${error.message}`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    if (isStopping) process.exit(exitCodeOf(code, signal));
    if (isRestarting) {
      isRestarting = false;
      service = start();
    } else say(`the service has ended (${signal ?? code}); it starts again with the next change`);
  });
  return child;
}

/** A file that does not compile leaves the service as it is. */
function restart() {
  const files = [...changed].sort();
  try {
    for (const file of files) {
      compile(file);
      changed.delete(file);
    }
  } catch (error) {
    say(`does not compile:\n${error.message}`);
    return;
  }
  say(`${files.join(', ')} changed; starting again`);
  if (service.exitCode !== null || service.signalCode !== null) service = start();
  else if (!isRestarting) {
    isRestarting = true;
    service.kill('SIGTERM');
  }
}

function compile(file) {
  // From here on `dist` is not what a build of the sources would be: the next one must not take it for that.
  forgetBuild();
  if (existsSync(join(repositoryRoot, file))) transpileFile(file);
  else rmSync(join(repositoryRoot, 'dist', file.replace(/\.ts$/, '.js')), { force: true });
}

function stop(signal) {
  isStopping = true;
  if (service.exitCode !== null || service.signalCode !== null) process.exit(0);
  service.kill(signal);
}

function say(text) {
  process.stderr.write(`dev   ${text}\n`);
}
