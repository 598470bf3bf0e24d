/** What one check came to. */
export interface Check {
  /** Stable, for scripts. */
  readonly id: string;
  /** A shard, a node of it, `directory`, `host`, `settings`, `redis`, `kafka`. */
  readonly target: string;
  /** `broken`: money, or the service, is at risk. `warning`: it works, and should not stay so. `unknown`: it could not be asked. */
  readonly state: 'ok' | 'warning' | 'broken' | 'unknown';
  readonly found: string;
  /** What follows from that, and what to do; nothing where all is well. */
  readonly means?: string;
  readonly remedy?: string;
}

export type Verdict = Pick<Check, 'id' | 'state' | 'found'> & {
  readonly means?: string;
  readonly remedy?: string;
};

export function ok(id: string, found: string): Verdict {
  return { id, state: 'ok', found };
}

export function broken(id: string, found: string, means: string, remedy: string): Verdict {
  return { id, state: 'broken', found, means, remedy };
}

export function warning(id: string, found: string, means: string, remedy: string): Verdict {
  return { id, state: 'warning', found, means, remedy };
}

export function unknown(id: string, found: string, means: string, remedy: string): Verdict {
  return { id, state: 'unknown', found, means, remedy };
}

export function at(target: string, verdicts: readonly Verdict[]): Check[] {
  return verdicts.map((verdict) => ({ target, ...verdict }));
}
