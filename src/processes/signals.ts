/**
 * The first of these signals stops in order, a second one ends at once. SIGHUP is among them: a terminal that hangs up, or
 * a supervisor that knows no other signal, is no reason to leave anything unfinished.
 */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export function onStopSignal(stop: (signal: string) => void): void {
  let isStopping = false;
  for (const signal of STOP_SIGNALS)
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      stop(signal);
    });
}

/** A terminal and some supervisors send their signals to every process; a worker stops when its primary says so. */
export function leaveStopSignalsToPrimary(): void {
  for (const signal of STOP_SIGNALS) process.on(signal, () => undefined);
}

/** Node answers SIGUSR1 by opening a debugger, through which whoever reaches the port runs code of his own. */
export function refuseDebugger(): void {
  process.on('SIGUSR1', () => undefined);
}
