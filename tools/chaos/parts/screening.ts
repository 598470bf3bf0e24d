import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pause } from '../../kernel/clock';
import { isScreenedOut } from '../history/screened-out';

const SLOW_MS = 3_000;

/** The operator's screening service, which can fail in ways of its own. */
export class Screening {
  #trouble: 'none' | 'slow' | 'failing' = 'none';

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async start(): Promise<Screening> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const screening = new Screening(server, (server.address() as AddressInfo).port);
    server.on('request', (request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => {
        void screening.#answer(text).then(({ status, body }) => {
          response.writeHead(status, { 'content-type': 'application/json' }).end(body);
        });
      });
    });
    return screening;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Nobody listens any more, and every connection ends. */
  async kill(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    await closed;
  }

  async startAgain(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** For a while every answer is late, or a 500. */
  async trouble(trouble: 'slow' | 'failing', forMs: number): Promise<void> {
    this.#trouble = trouble;
    await pause(forMs);
    this.#trouble = 'none';
  }

  async stop(): Promise<void> {
    if (this.server.listening) await this.kill();
  }

  async #answer(text: string): Promise<{ status: number; body: string }> {
    if (this.#trouble === 'failing') return { status: 500, body: '{}' };
    if (this.#trouble === 'slow') await pause(SLOW_MS);
    const { items } = JSON.parse(text) as { readonly items: readonly { readonly requestId: string }[] };
    const results = items.map(({ requestId }) => ({
      requestId,
      verdict: isScreenedOut(requestId) ? 'reject' : 'pass',
    }));
    return { status: 200, body: JSON.stringify({ results }) };
  }
}
