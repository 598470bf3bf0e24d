import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** Heap that is in use once all garbage is gone, in MB: what something left behind, if anything. */
export function liveHeapMb(): number {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  // Twice, because what finalizers let go is only free after the next.
  collect();
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
