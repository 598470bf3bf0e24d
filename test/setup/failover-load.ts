import type { TestService } from './service';

const CLIENTS = 16;

/** What each of its keys deducts from the account "hot". */
export const AMOUNT = 3;

/** Clients that send each key, to either instance and now and then to both, until it is acknowledged. */
export class FailoverLoad {
  /** The body of the first acknowledgement of each key. */
  readonly acknowledged = new Map<string, string>();
  /** Keys that were acknowledged twice with different bodies, or twice as new. */
  readonly contradicted: string[] = [];
  readonly #new = new Set<string>();
  readonly #clients: Promise<void>[];
  readonly #failed: Promise<unknown>;
  readonly #codes = new Map<string, number>();
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #keys = 0;
  #stopped = false;
  #lastMs = performance.now();
  #pauseMs = 0;

  constructor(private readonly services: readonly TestService[]) {
    this.#clients = Array.from({ length: CLIENTS }, (_, client) => this.#work(client));
    this.#failed = Promise.all(this.#clients);
    this.#failed.catch(() => undefined);
  }

  /** Resolves after so many further acknowledgements; rejects when a client has failed, for then none may come. */
  progress(answers: number): Promise<unknown> {
    const enough = new Promise<void>((resolve) => {
      this.#waiting.push({ count: this.acknowledged.size + answers, resolve });
    });
    return Promise.race([enough, this.#failed]);
  }

  beginPause(): void {
    this.#pauseMs = 0;
    this.#lastMs = performance.now();
  }

  /** The longest time between two acknowledgements since `beginPause`. */
  longestPauseMs(): number {
    return this.#pauseMs;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  summary(): string {
    const codes = [...this.#codes].map(([code, count]) => `${count} ${code}`).join(', ');
    return `${this.acknowledged.size} keys acknowledged, 0 lost, 0 double; answers: ${codes}`;
  }

  async #work(client: number): Promise<void> {
    while (!this.#stopped) {
      const key = `k${(this.#keys += 1)}`;
      const sends = [this.#until(key, client)];
      if (this.#keys % 5 === 0) sends.push(this.#until(key, client + 1));
      await Promise.all(sends);
    }
  }

  /** Sends a key, to the instances in turn, until one acknowledges it. */
  async #until(key: string, first: number): Promise<void> {
    for (let turn = first; ; turn += 1) {
      const { rest } = this.services[turn % this.services.length] as TestService;
      const { status, text, body } = await rest.deduct('hot', key, AMOUNT);
      const code = typeof body['code'] === 'string' ? body['code'] : String(status);
      this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
      if (status === 200 || status === 201) {
        this.#acknowledge(key, status, text);
        return;
      }
      if (status !== 503) throw new Error(`${key}: ${text}`);
      // Nothing announces that the shard is back.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #acknowledge(key: string, status: number, text: string): void {
    const now = performance.now();
    this.#pauseMs = Math.max(this.#pauseMs, now - this.#lastMs);
    this.#lastMs = now;
    const known = this.acknowledged.get(key);
    const isNew = status === 201;
    if ((known !== undefined && known !== text) || (isNew && this.#new.has(key))) this.contradicted.push(key);
    if (isNew) this.#new.add(key);
    if (known === undefined) this.acknowledged.set(key, text);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.acknowledged.size < count) return true;
      resolve();
      return false;
    });
  }
}
