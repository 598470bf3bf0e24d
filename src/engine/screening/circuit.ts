export interface CircuitParts {
  readonly now: () => number;
  readonly random: () => number;
  readonly changed: (isClosed: boolean) => void;
}

/** Calls that fail one after another before the service itself is doubted. */
const FAILURES_MAX = 5;

const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 30_000;

/**
 * A circuit breaker. It counts failures in a row, and which accounts had charges in all of them: those may be the reason.
 * Whoever makes the calls finds out whether the service is up, and opens the circuit if it is not. Then the service is not called
 * for a while; a trial after that closes the circuit or opens it for a pause twice as long, up to a bound, each with jitter.
 */
export class Circuit {
  #failures = 0;
  /** Accounts with a charge in each of the calls that failed in a row. */
  #blamed: ReadonlySet<string> = new Set();
  #pauseMs = 0;
  /** `undefined` while it is closed. */
  #openUntil: number | undefined;

  constructor(private readonly parts: CircuitParts) {}

  /** `trial`: the service may be tried. */
  get state(): 'closed' | 'trial' | 'open' {
    if (this.#openUntil === undefined) return 'closed';
    return this.parts.now() < this.#openUntil ? 'open' : 'trial';
  }

  /** The service looks as if it was away: so many calls failed in a row. */
  get isDoubted(): boolean {
    return this.#openUntil === undefined && this.#failures >= FAILURES_MAX;
  }

  /** One account had a charge in each call that failed, so its charges may be what makes them fail. */
  get mayBeOneAccount(): boolean {
    return this.#blamed.size > 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#pauseMs = 0;
    if (this.#openUntil === undefined) return;
    this.#openUntil = undefined;
    this.parts.changed(true);
  }

  /** A call with charges of these accounts failed. Calls that were under way when the circuit opened change nothing any more. */
  failed(accounts: ReadonlySet<string>): void {
    if (this.#openUntil !== undefined) return;
    this.#blamed = this.#failures === 0 ? accounts : inBoth(this.#blamed, accounts);
    this.#failures += 1;
  }

  /** The service is away, or a trial has failed. */
  open(): void {
    const { now, random, changed } = this.parts;
    const wasClosed = this.#openUntil === undefined;
    this.#pauseMs = Math.min(Math.max(2 * this.#pauseMs, PAUSE_MS_MIN), PAUSE_MS_MAX);
    this.#openUntil = now() + this.#pauseMs * (0.5 + random() / 2);
    if (wasClosed) changed(false);
  }
}

function inBoth(some: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...some].filter((each) => others.has(each)));
}
