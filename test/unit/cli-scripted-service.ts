import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer as it is to be sent; `cut off` ends the connection instead, `never` leaves it open. */
export type ScriptedAnswer =
  { readonly status: number; readonly body: unknown } | { readonly text: string } | 'cut off' | 'never';

export interface Asked {
  /** `GET /v1/…` */
  readonly call: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Answers each call with what was laid out for it, in order; the last one again and again. */
export class ScriptedService {
  readonly asked: Asked[] = [];
  readonly #answers = new Map<string, ScriptedAnswer[]>();
  readonly #server: Server;
  onAsked: (asked: Asked) => void = () => undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const call = `${request.method ?? ''} ${request.url ?? ''}`;
        const asked = {
          call,
          body: text === '' ? undefined : (JSON.parse(text) as unknown),
          headers: request.headers,
        };
        this.asked.push(asked);
        this.onAsked(asked);
        const answers = this.#answers.get(call) ?? [];
        const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? NOTHING;
        if (answer === 'never') return;
        if (answer === 'cut off') return void response.destroy();
        if ('text' in answer) return void response.end(answer.text);
        const type = answer.status < 400 ? 'application/json' : 'application/problem+json';
        response.writeHead(answer.status, { 'content-type': type }).end(JSON.stringify(answer.body));
      });
    });
  }

  static async start(): Promise<ScriptedService> {
    const service = new ScriptedService();
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  on(call: string, ...answers: readonly ScriptedAnswer[]): this {
    this.#answers.set(call, [...answers]);
    return this;
  }

  get calls(): string[] {
    return this.asked.map(({ call }) => call);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const NOTHING: ScriptedAnswer = { status: 404, body: { code: 'ROUTE_NOT_FOUND', detail: 'Nothing there' } };

export const ok = (body: unknown, status = 200): ScriptedAnswer => ({ status, body });

export const refused = (status: number, code: string, detail = 'No'): ScriptedAnswer => ({
  status,
  body: { type: 'about:blank', title: code, status, code, detail },
});
