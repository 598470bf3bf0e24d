/**
 * A reader of the log that has gone away, a full disk or a closed terminal fails what is written to standard output or
 * error. Without a listener, each such failure would end the process.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
