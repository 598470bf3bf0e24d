/** Hands this process's signals on to a child in the same process group, and waits for it rather than dying first. */
export function passSignals(child) {
  // From a terminal, Ctrl-C reaches the whole group: the child has had it already.
  const { isTTY } = process.stdin;
  process.on('SIGINT', () => isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
}
