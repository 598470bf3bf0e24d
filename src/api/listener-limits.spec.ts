import { EventEmitter } from 'node:events';
import type { Server } from 'node:net';
import { ConnectionLimit } from './listener-limits';

/** A connection as far as the limit sees one. */
class FakeSocket extends EventEmitter {
  destroyed = false;

  constructor(
    readonly remoteAddress: string,
    readonly remotePort: number,
  ) {
    super();
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

describe('the bound of connections', () => {
  let ended: number;
  let server: EventEmitter;
  let limit: ConnectionLimit;
  let port: number;

  beforeEach(() => {
    [ended, port] = [0, 0];
    server = new EventEmitter();
    limit = new ConnectionLimit(server as unknown as Server, 10, () => (ended += 1));
  });

  const open = (address: string): FakeSocket => {
    const socket = new FakeSocket(address, (port += 1));
    server.emit('connection', socket);
    return socket;
  };
  const several = (count: number, address: string): FakeSocket[] =>
    Array.from({ length: count }, () => open(address));
  const showKey = (socket: FakeSocket): void => {
    limit.showedKey(socket, socket);
  };
  const gone = (sockets: readonly FakeSocket[]): boolean[] => sockets.map(({ destroyed }) => destroyed);

  it('has silent connections of one address give way to others, the oldest first', () => {
    const [quiet] = several(1, '10.0.0.9');
    const flood = several(9, '10.0.0.1');
    const newcomers = several(3, '10.0.0.2');
    expect(gone(flood)).toEqual([true, true, true, ...Array<boolean>(6).fill(false)]);
    expect(gone([...newcomers, quiet as FakeSocket])).toEqual([false, false, false, false]);
    expect(ended).toBe(3);
  });

  it('leaves alone whoever showed a known key, and takes nobody else where all have', () => {
    const paying = several(10, '10.0.0.1');
    paying.slice(0, 9).forEach(showKey);
    const [first, second] = [open('10.0.0.2'), open('10.0.0.3')];
    expect(gone(paying)).toEqual([...Array<boolean>(9).fill(false), true]);
    expect(gone([first, second])).toEqual([true, false]);
    showKey(second);
    expect(open('10.0.0.4').destroyed).toBe(true);
    expect(second.destroyed).toBe(false);
    expect(ended).toBe(3);
  });

  it('counts all addresses of an IPv6 network as one, and forgets what has ended', () => {
    several(3, '10.0.0.1');
    const network = Array.from({ length: 7 }, (_, n) => open(`2001:db8:0:1::${n + 1}`));
    open('10.0.0.2');
    expect(gone(network)).toEqual([true, ...Array<boolean>(6).fill(false)]);
    for (const socket of network.slice(1)) socket.destroy();
    several(6, '10.0.0.3');
    expect(ended).toBe(1);
  });
});
