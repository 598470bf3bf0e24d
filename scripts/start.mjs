// npm start: installs what is missing, builds what is stale, and runs the service as a child of this process.
import { join } from 'node:path';
import { node24 } from './bootstrap/node24.mjs';
import { ready } from './bootstrap/ready.mjs';
import { repositoryRoot } from './bootstrap/repository.mjs';
import { watchLauncher } from './children/launcher.mjs';
import { exitCodeOf } from './children/run-child.mjs';
import { spawnTied } from './children/tied.mjs';

// One Ctrl-C may arrive twice, from the terminal and from npm. The service would take the second for "end at once".
const sameKeystrokeMs = 50;

await ready();

const main = join(repositoryRoot, 'dist', 'src', 'main.js');
// A session of its own: the terminal's signals reach the service through this process only, so once. It is tied to
// this process: whoever kills this one with -9 has killed the service with -9.
const service = spawnTied(
  node24(),
  ['--enable-source-maps', '--disable-sigusr1', main, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    detached: true,
  },
);

service.once('error', (error) => {
  process.stderr.write(`hotsplit: the service could not be started: ${error.message}\n`);
  process.exit(1);
});
service.once('exit', (code, signal) => process.exit(exitCodeOf(code, signal)));

const lastAt = { SIGINT: -Infinity, SIGTERM: -Infinity };
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    const now = Date.now();
    if (now - lastAt[signal] > sameKeystrokeMs) service.kill(signal);
    lastAt[signal] = now;
  });
}

// Asked now: once it has hung up, a terminal no longer looks like one.
const talksToTerminal = process.stdout.isTTY;
const endWatch = watchLauncher(() => service.kill('SIGTERM'));
process.on('SIGHUP', () => {
  // The terminal went away, and npm may go with it. A service that was talking to the terminal stops in order; one that
  // writes elsewhere stays up.
  endWatch();
  if (talksToTerminal) service.kill('SIGTERM');
});
