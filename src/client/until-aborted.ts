const NOTHING = (): void => undefined;

/** Runs the action when the signal is raised, at once if it is already. @returns what takes it back */
export function untilAborted(signal: AbortSignal | undefined, action: (reason: unknown) => void): () => void {
  if (!signal) return NOTHING;
  const aborted = (): void => {
    action(signal.reason);
  };
  if (signal.aborted) {
    aborted();
    return NOTHING;
  }
  signal.addEventListener('abort', aborted, { once: true });
  return () => {
    signal.removeEventListener('abort', aborted);
  };
}
