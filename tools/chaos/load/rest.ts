import { Agent, request } from 'undici';
import type { Clock } from '../../kernel/clock';

/** What a call came to. Without `status` there was no answer. */
export interface Reply {
  readonly fromMs: number;
  readonly toMs: number;
  readonly status?: number;
  readonly code?: string;
  readonly body: string;
  readonly why?: string;
}

export interface Call {
  readonly service: number;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the client waits before it gives up. */
  readonly patienceMs: number;
}

/** HTTP clients with as many connections as they need. A client that gives up closes its connection. */
export class Rest {
  readonly #agent = new Agent({ connections: null, pipelining: 1, connect: { timeout: 5_000 } });

  /** @param doors addresses of the services, by number */
  constructor(
    private readonly doors: readonly string[],
    private readonly adminKey: string,
    private readonly clock: Clock,
  ) {}

  async call({ service, method, path, body, headers, patienceMs }: Call): Promise<Reply> {
    const fromMs = this.clock.nowMs();
    try {
      const answer = await request(new URL(path, this.doors[service]), {
        dispatcher: this.#agent,
        method,
        headers: {
          authorization: `Bearer ${this.adminKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(patienceMs),
      });
      const text = await answer.body.text();
      const code = answer.statusCode >= 400 ? read(text)['code'] : undefined;
      return {
        fromMs,
        toMs: this.clock.nowMs(),
        status: answer.statusCode,
        body: text,
        ...(typeof code === 'string' ? { code } : {}),
      };
    } catch (error) {
      const { name, code, message } = error as { name?: string; code?: unknown; message?: string };
      const why = typeof code === 'string' ? code : (name ?? message ?? 'unknown');
      return { fromMs, toMs: this.clock.nowMs(), body: '', why };
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** The members of a JSON object; none if it is something else. */
export function read(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
