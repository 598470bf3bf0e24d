import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TcpRelay } from '../../tools/kernel/tcp-relay';
import { eventually } from '../setup/eventually';

/** A server that says everything back, behind a proxy. */
describe('the network of a chaos run', () => {
  let server: Server;
  let proxy: TcpRelay;
  const heardByServer: string[] = [];
  const accepted: Socket[] = [];

  beforeEach(async () => {
    heardByServer.length = 0;
    server = createServer((socket) => {
      accepted.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        heardByServer.push(bytes.toString());
        socket.write(bytes);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await TcpRelay.before(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterEach(async () => {
    await proxy.close();
    for (const socket of accepted.splice(0)) socket.destroy();
    server.close();
  });

  it('lets bytes pass', async () => {
    const client = await open();
    client.socket.write('hello');
    await client.hears('hello');
  });

  it('lets requests through and drops their answers, then ends that connection', async () => {
    const client = await open();
    proxy.dropAnswers();
    client.socket.write('deduct');
    await eventually('the request', () => Promise.resolve(heardByServer.includes('deduct') || undefined));
    expect(client.heard()).toBe('');
    proxy.passAnswers();
    await client.ended;
    expect(client.heard()).toBe('');
    const next = await open();
    next.socket.write('again');
    await next.hears('again');
  });

  it('keeps the order of what is delayed, also when the delay ends', async () => {
    const client = await open();
    proxy.delay(40);
    client.socket.write('1');
    await eventually('the first byte', () => Promise.resolve(heardByServer.join('') === '1' || undefined));
    client.socket.write('2');
    proxy.delay(0);
    client.socket.write('3');
    await client.hears('123');
  });

  it('swallows what is sent, and hands it on when packets pass again', async () => {
    const client = await open();
    proxy.stall();
    client.socket.write('slowly');
    proxy.resume();
    await client.hears('slowly');
  });

  it('hands on what was said before an orderly end', async () => {
    const client = await open();
    client.socket.write('last words');
    await eventually('them', () => Promise.resolve(heardByServer.length > 0 || undefined));
    for (const socket of accepted) socket.end(' and farewell');
    await client.ended;
    expect(client.heard()).toBe('last words and farewell');
  });

  it('refuses also while a client keeps its half of a connection open that the server has ended', async () => {
    const { port } = new URL(proxy.url);
    const client = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => undefined);
    client.write('hello');
    await once(client, 'data');
    for (const socket of accepted) socket.end();
    await once(client, 'end');
    await proxy.refuse();
    const [refused] = (await once(connect(Number(port), '127.0.0.1'), 'error')) as [Error];
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    client.destroy();
    await proxy.accept();
    (await open()).socket.destroy();
  });

  it('leads elsewhere when told to', async () => {
    const other = createServer((socket) => socket.end('other'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    proxy.aimAt(`http://127.0.0.1:${(other.address() as AddressInfo).port}`);
    const client = await open();
    await client.hears('other');
    other.close();
  });

  const open = async () => {
    const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
    let heard = '';
    socket.on('data', (bytes) => (heard += bytes.toString()));
    socket.on('error', () => undefined);
    const ended = once(socket, 'close');
    await once(socket, 'connect');
    return {
      socket,
      ended,
      heard: () => heard,
      hears: (text: string) => eventually(`"${text}"`, () => Promise.resolve(heard === text || undefined)),
    };
  };
});
