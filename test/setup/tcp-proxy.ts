import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** What was arranged for the next connection that says a certain thing. */
interface Arrangement {
  readonly marker: string;
  /** Takes the server's answer instead of the client. */
  readonly take: (answer: Buffer, pair: Pair) => void;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  arrangement: Arrangement | undefined;
}

/**
 * A network of our own between a service and a database, to be broken at will. Bytes pass unchanged until a test says
 * otherwise.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #arrangements: Arrangement[] = [];
  #stalled = false;
  #port = 0;

  /** @param url of the database behind; `url` of the proxy is the same with another port */
  static async before(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(url));
    await proxy.#listen();
    return proxy;
  }

  private constructor(private readonly target: URL) {
    this.#server = createServer({ pauseOnConnect: true }, (client) => {
      this.#connect(client);
    });
  }

  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url.toString();
  }

  /** Ends what is connected and refuses whoever comes. */
  async refuse(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.cut();
    await closed;
  }

  /** Lets connections again. */
  async accept(): Promise<void> {
    if (!this.#server.listening) await this.#listen();
  }

  /** Ends what is connected; whoever comes is welcome. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  /** Holds every byte back in both directions, of new connections too, as a network does that swallows packets. */
  stall(): void {
    this.#stalled = true;
    for (const { client, upstream } of this.#pairs) {
      client.pause();
      upstream.pause();
    }
  }

  resume(): void {
    this.#stalled = false;
    for (const { client, upstream } of this.#pairs) {
      client.resume();
      upstream.resume();
    }
  }

  /**
   * Cuts the next connection that sends `marker`, after the server has carried it out and before the client hears of
   * it. Resolves when that has happened.
   */
  loseAnswerTo(marker: string): Promise<void> {
    return new Promise((resolve) => {
      this.#arrangements.push({
        marker,
        take: (_answer, { client, upstream }) => {
          client.destroy();
          upstream.destroy();
          resolve();
        },
      });
    });
  }

  /** Delays the answer to the next `marker` until it is released. `held` resolves when the server has answered. */
  holdAnswerTo(marker: string): { held: Promise<void>; release: () => void } {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      this.#arrangements.push({
        marker,
        take: (answer, pair) => {
          pair.upstream.pause();
          release = () => {
            pair.client.write(answer);
            pair.upstream.resume();
          };
          resolve();
        },
      });
    });
    return {
      held,
      release: () => {
        release();
      },
    };
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.refuse();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        this.#port = (this.#server.address() as { port: number }).port;
        resolve();
      });
    });
  }

  #connect(client: Socket): void {
    const upstream = createConnection({ host: this.target.hostname, port: Number(this.target.port) });
    const pair: Pair = { client, upstream, arrangement: undefined };
    this.#pairs.add(pair);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
    client.on('data', (chunk) => {
      pair.arrangement ??= this.#arrangedFor(chunk);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      const { arrangement } = pair;
      pair.arrangement = undefined;
      if (arrangement) arrangement.take(chunk, pair);
      else client.write(chunk);
    });
    if (this.#stalled) upstream.pause();
    else client.resume();
  }

  #arrangedFor(chunk: Buffer): Arrangement | undefined {
    const position = this.#arrangements.findIndex(({ marker }) => chunk.includes(marker));
    return position < 0 ? undefined : this.#arrangements.splice(position, 1)[0];
  }
}
