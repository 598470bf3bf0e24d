import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A network that is some milliseconds away: forwards bytes unchanged and in order, each a fixed time after it came. It
 * has no other limit: what is on its way is not bounded, as on a line with enough bandwidth.
 */
export class DelayLine {
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** @param delayMs each way */
  static async to(host: string, port: number, delayMs: number): Promise<DelayLine> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const line = new DelayLine(server, (server.address() as AddressInfo).port);
    server.on('connection', (near) => {
      const far = connect({ host, port, noDelay: true, allowHalfOpen: true });
      line.#join(near, far, delayMs);
      line.#join(far, near, delayMs);
    });
    return line;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Node runs timers of one duration in the order in which they were set, so bytes keep theirs. */
  #join(from: Socket, to: Socket, delayMs: number): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => {
      setTimeout(() => {
        if (to.writable) to.write(chunk);
      }, delayMs);
    });
    from.on('end', () => {
      setTimeout(() => to.end(), delayMs);
    });
    from.on('error', () => to.destroy());
    from.on('close', (failed) => {
      this.#sockets.delete(from);
      if (failed) to.destroy();
    });
  }
}
