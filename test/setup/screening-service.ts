import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A charge as the service is asked about it. */
export interface ScreenedItem {
  readonly accountId: string;
  readonly requestId: string;
  readonly amount: string;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly occurredAt: string;
}

type Saying = string | { readonly verdict: string; readonly reason: string };

/** A screening service that says what a test wants: by default that everything passes. */
export class ScreeningService {
  /** How often each charge was asked about. */
  readonly asked = new Map<string, number>();
  say: (item: ScreenedItem, times: number) => Saying = () => 'pass';
  /** Answered in place of verdicts. */
  status = 200;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => {
        response
          .writeHead(this.status, { 'content-type': 'application/json' })
          .end(this.status === 200 ? JSON.stringify({ results: this.#judge(text) }) : '{}');
      });
    });
  }

  static async start(): Promise<ScreeningService> {
    const service = new ScreeningService();
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/screen`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #judge(text: string): object[] {
    const { items } = JSON.parse(text) as { readonly items: readonly ScreenedItem[] };
    return items.map((item) => {
      const times = (this.asked.get(item.requestId) ?? 0) + 1;
      this.asked.set(item.requestId, times);
      const said = this.say(item, times);
      return { requestId: item.requestId, ...(typeof said === 'string' ? { verdict: said } : said) };
    });
  }
}
