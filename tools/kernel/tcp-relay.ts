import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { SlowLine } from './slow-line';

/** What was arranged for the next connection that says a certain thing. */
interface Arrangement {
  readonly marker: string;
  /** Takes the server's answer instead of the client. */
  readonly take: (answer: Buffer, pair: Pair) => void;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** An answer of this connection was dropped, so that what comes next would make no sense. */
  lostAnswer: boolean;
  arrangement: Arrangement | undefined;
}

/**
 * A TCP relay between two processes, which stands in for the network between them and can be made slow, silent or broken.
 * Bytes pass unchanged until a method says otherwise.
 */
export class TcpRelay {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #arrangements: Arrangement[] = [];
  #stalled = false;
  #dropsAnswers = false;
  #turnsAway = false;
  #turnedAway = 0;
  #delayMs = 0;
  #port = 0;
  #target: URL;

  /** @param url of the server behind; `url` of the proxy is the same with another port */
  static async before(url: string): Promise<TcpRelay> {
    const proxy = new TcpRelay(new URL(url));
    await proxy.#listen();
    return proxy;
  }

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer({ pauseOnConnect: true }, (client) => {
      if (!this.#turnsAway) {
        this.#connect(client);
        return;
      }
      this.#turnedAway += 1;
      client.destroy();
    });
  }

  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url.toString();
  }

  /** New connections go to another server from here on. */
  aimAt(url: string): void {
    this.#target = new URL(url);
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

  /** Ends what is connected, and whatever comes the moment it has come. Answers how many came, when asked. */
  turnAway(): () => number {
    const before = this.#turnedAway;
    this.#turnsAway = true;
    this.cut();
    return () => this.#turnedAway - before;
  }

  letIn(): void {
    this.#turnsAway = false;
  }

  /** Ends what is connected; whoever comes is welcome. */
  cut(): void {
    for (const pair of this.#pairs) destroy(pair);
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

  /** Lets requests through and throws their answers away. */
  dropAnswers(): void {
    this.#dropsAnswers = true;
  }

  /** Lets answers through again. Connections that lost one are cut: what they say next would make no sense. */
  passAnswers(): void {
    this.#dropsAnswers = false;
    for (const pair of this.#pairs) if (pair.lostAnswer) destroy(pair);
  }

  /** What comes from here on takes so much longer, each way. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /**
   * Cuts the next connection that sends `marker`, after the server has carried it out and before the client hears of
   * it. Resolves when that has happened.
   */
  loseAnswerTo(marker: string): Promise<void> {
    return new Promise((resolve) => {
      this.#arrangements.push({
        marker,
        take: (_answer, pair) => {
          destroy(pair);
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
    const upstream = createConnection({ host: this.#target.hostname, port: Number(this.#target.port) });
    const pair: Pair = { client, upstream, lostAnswer: false, arrangement: undefined };
    this.#pairs.add(pair);
    const toUpstream = new SlowLine(upstream);
    const toClient = new SlowLine(client);
    for (const [socket, other, line] of [
      [client, upstream, toUpstream],
      [upstream, client, toClient],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', (failed) => {
        // One half that stays open is still to be cut, and keeps the proxy from closing.
        if (other.closed) this.#pairs.delete(pair);
        if (failed) other.destroy();
        else line.end();
      });
    }
    client.on('data', (chunk) => {
      pair.arrangement ??= this.#arrangedFor(chunk);
      toUpstream.write(chunk, this.#delayMs);
    });
    upstream.on('data', (chunk) => {
      const { arrangement } = pair;
      pair.arrangement = undefined;
      if (this.#dropsAnswers) pair.lostAnswer = true;
      else if (arrangement) arrangement.take(chunk, pair);
      else toClient.write(chunk, this.#delayMs);
    });
    if (this.#stalled) upstream.pause();
    else client.resume();
  }

  #arrangedFor(chunk: Buffer): Arrangement | undefined {
    const position = this.#arrangements.findIndex(({ marker }) => chunk.includes(marker));
    return position < 0 ? undefined : this.#arrangements.splice(position, 1)[0];
  }
}

function destroy({ client, upstream }: Pair): void {
  client.destroy();
  upstream.destroy();
}
