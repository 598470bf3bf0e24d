// npm start: installs what is missing, builds what is stale, and runs the service as a child of this process.
import './bootstrap/require-node.mjs';
import { ready } from './bootstrap/ready.mjs';
import { watchLauncher } from './children/launcher.mjs';
import { exitCodeOf } from './children/run-child.mjs';
import { onStopSignals, spawnService } from './children/service.mjs';

await ready();

const service = spawnService(process.argv.slice(2));

service.once('error', (error) => {
  process.stderr.write(`hotsplit: the service could not be started: ${error.message}\n`);
  process.exit(1);
});
service.once('exit', (code, signal) => process.exit(exitCodeOf(code, signal)));
onStopSignals((signal) => service.kill(signal));

// Asked now: once it has hung up, a terminal no longer looks like one.
const talksToTerminal = process.stdout.isTTY;
const endWatch = watchLauncher(() => service.kill('SIGTERM'));
process.on('SIGHUP', () => {
  // The terminal went away, and npm may go with it. A service that was talking to the terminal stops in order; one that
  // writes elsewhere stays up.
  endWatch();
  if (talksToTerminal) service.kill('SIGTERM');
});
