/**
 * Works on what a source yields, `atOnce` at a time. Nothing is taken from the source before somebody is free to work
 * on it, so no more than `atOnce` are in memory.
 *
 * After the first failure, or once `stop` is raised, nothing more is taken; what is being worked on comes to its end
 * first. `work` should end early on `stop.signal` where that is safe.
 *
 * @throws the first failure, or the reason that `stop` was raised with
 */
export async function inParallel<T>(
  source: AsyncGenerator<T>,
  {
    atOnce,
    stop,
    work,
  }: { readonly atOnce: number; readonly stop: AbortController; readonly work: (item: T) => Promise<void> },
): Promise<void> {
  const worker = async (): Promise<void> => {
    try {
      while (!stop.signal.aborted) {
        const next = await source.next();
        if (next.done === true) return;
        await work(next.value);
      }
    } catch (error) {
      // Only the first reason counts: the others fail because of it.
      stop.abort(error);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  await source.return(undefined);
  stop.signal.throwIfAborted();
}
