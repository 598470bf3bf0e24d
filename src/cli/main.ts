import '../require-node';
import { run } from './program';
import { keepHeapSmall } from './small-heap';
import { processSurroundings } from './surroundings';

keepHeapSmall();

// `hotsplit account list | head` closes the pipe early: that ends the output, and is not a fault worth a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

void run(process.argv.slice(2), processSurroundings()).then((exitCode) => {
  // Not process.exit(): what was written to a pipe may still be on its way.
  process.exitCode = exitCode;
});
