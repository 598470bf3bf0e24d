import { Agent, request } from 'undici';
import { pause } from '../../kernel/clock';
import { quantile } from '../report/report';

/** What paying clients came to in a while. */
export interface Paid {
  readonly seconds: number;
  readonly acknowledged: number;
  /** Calls that were answered otherwise, by status or by what went wrong. */
  readonly failed: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const PAYERS = 8;
const PATIENCE_MS = 30_000;
/** After an answer that asks for it. */
const RETRY_MS = 100;

/** Clients with a key that pay from one account, each the next deduction as soon as the last is answered. */
export class Payers {
  readonly #agent = new Agent({ connections: PAYERS, pipelining: 1 });
  #paid = 0;

  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly accountId: string,
  ) {}

  async pay(forMs: number): Promise<Paid> {
    const latenciesMs: number[] = [];
    const failed: Record<string, number> = {};
    const from = performance.now();
    const until = from + forMs;
    const payer = async (): Promise<void> => {
      while (performance.now() < until) {
        const startedAt = performance.now();
        const came = await this.#deduct(`paid-${(this.#paid += 1)}`);
        if (came === 201) latenciesMs.push(performance.now() - startedAt);
        else {
          failed[came] = (failed[came] ?? 0) + 1;
          await pause(RETRY_MS);
        }
      }
    };
    await Promise.all(Array.from({ length: PAYERS }, payer));
    return {
      seconds: (performance.now() - from) / 1_000,
      acknowledged: latenciesMs.length,
      failed,
      p50Ms: quantile(latenciesMs, 0.5),
      p99Ms: quantile(latenciesMs, 0.99),
    };
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  async #deduct(requestId: string): Promise<number | string> {
    try {
      const answer = await request(new URL(`/v1/accounts/${this.accountId}/deductions`, this.url), {
        dispatcher: this.#agent,
        method: 'POST',
        headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ amount: '1', requestId }),
        headersTimeout: PATIENCE_MS,
        bodyTimeout: PATIENCE_MS,
      });
      await answer.body.dump();
      return answer.statusCode;
    } catch (error) {
      return error instanceof Error ? error.name : 'unknown';
    }
  }
}
