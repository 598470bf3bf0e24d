import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Refusal } from '../api/client';

/** What a view knows of something that it asks for again and again. */
export interface Polled<Value> {
  /** The last that was heard; it stays while the service cannot be asked. */
  readonly value: Value | undefined;
  /** Why the last look came to nothing. */
  readonly refusal: Refusal | undefined;
  /** Asks again now. */
  readonly again: () => void;
}

const RETRY_MS_MAX = 15_000;

/** How often looks failed in a row, for the shell to say that what is shown is old. */
const failing = new Set<symbol>();
let heard: (isLost: boolean) => void = () => undefined;
export function onConnection(told: (isLost: boolean) => void): void {
  heard = told;
}

function note(owner: symbol, isLost: boolean): void {
  if (isLost) failing.add(owner);
  else failing.delete(owner);
  heard(failing.size > 0);
}

/**
 * Asks now and every so often: plain requests and no stream, because a browser keeps six connections to a service, and a
 * stream takes one away for each tab. A page that nobody sees asks for nothing, and asks at once when it is seen again. While the
 * service cannot be reached it is asked less and less often.
 *
 * @param key what is asked for: another key begins anew; `undefined` asks for nothing
 * @param everyMs may depend on what was heard last
 */
export function usePolled<Value>(
  key: string | undefined,
  look: (signal: AbortSignal) => Promise<Value>,
  everyMs: number | ((latest: Value | undefined) => number),
): Polled<Value> {
  const [state, setState] = useState<{
    key?: string | undefined;
    value?: Value;
    refusal?: Refusal | undefined;
  }>({});
  const [turn, setTurn] = useState(0);
  const latest = useRef(look);
  latest.current = look;
  const pace = useRef(everyMs);
  pace.current = everyMs;

  useEffect(() => {
    if (key === undefined) return;
    const owner = Symbol(key);
    const end = new AbortController();
    let timer: number | undefined;
    let failures = 0;
    let heardLast: Value | undefined;
    const paceMs = (): number => (typeof pace.current === 'number' ? pace.current : pace.current(heardLast));
    const later = (): void => {
      if (end.signal.aborted) return;
      const waitMs = failures === 0 ? paceMs() : Math.min(RETRY_MS_MAX, 500 * 2 ** failures);
      timer = window.setTimeout(() => void ask(), waitMs);
    };
    const ask = async (): Promise<void> => {
      if (document.visibilityState === 'hidden') return;
      try {
        const value = await latest.current(end.signal);
        failures = 0;
        heardLast = value;
        note(owner, false);
        setState({ key, value });
      } catch (error) {
        if (end.signal.aborted) return;
        const refusal = error instanceof Refusal ? error : undefined;
        if (!refusal) throw error;
        const isLost = refusal.problem.status === 0 || refusal.problem.status >= 500;
        failures = isLost ? failures + 1 : 1;
        note(owner, isLost);
        setState((known) => (known.key === key ? { ...known, refusal } : { key, refusal }));
      } finally {
        later();
      }
    };
    const seen = (): void => {
      clearTimeout(timer);
      void ask();
    };
    void ask();
    document.addEventListener('visibilitychange', seen);
    window.addEventListener('online', seen);
    return () => {
      end.abort();
      clearTimeout(timer);
      note(owner, false);
      document.removeEventListener('visibilitychange', seen);
      window.removeEventListener('online', seen);
    };
  }, [key, turn]);

  const again = useCallback(() => {
    setTurn((last) => last + 1);
  }, []);
  const isOfKey = state.key === key;
  return { value: isOfKey ? state.value : undefined, refusal: isOfKey ? state.refusal : undefined, again };
}
