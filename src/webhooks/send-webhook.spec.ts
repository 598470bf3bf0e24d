import { createSocket } from 'node:dgram';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { nameFinder } from './find-addresses';
import { isPrivate, receiverLookup } from './private-addresses';
import { pauseMs, TRIED_FOR_MS } from './retry-pauses';
import { type Message, SENDER_SETTINGS, type SenderSettings, WebhookSender } from './send-webhook';

const SECRETS = ['new', 'old'].map((name) => `whsec_${Buffer.from(name.repeat(11)).toString('base64')}`);

describe('an event that is sent', () => {
  let server: Server;
  let sender: WebhookSender | undefined;
  const heard: { headers: Record<string, string>; body: string }[] = [];

  /** @returns what comes of one event that the receiver treats so */
  const sent = async (receive: RequestListener, given: Partial<SenderSettings> = {}) => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        heard.push({ headers: request.headers as Record<string, string>, body });
        receive(request, response);
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    sender = new WebhookSender({ ...SENDER_SETTINGS, allowsPrivate: true, ...given });
    const { port } = server.address() as AddressInfo;
    return sender.send(message(`http://127.0.0.1:${port}/hooks`));
  };
  const message = (url: string): Message => ({
    url,
    id: 'evt_1',
    body: '{"é":1}',
    secrets: SECRETS,
    now: new Date(),
  });

  afterEach(async () => {
    sender?.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    heard.length = 0;
  });

  it('is signed by every secret that is good', async () => {
    const answered = await sent((_, response) => response.end('ok'));
    expect(answered).toEqual({ kind: 'taken', answer: 'HTTP 200' });
    const [one] = heard;
    if (!one) throw new Error('nothing came');
    for (const secret of SECRETS) expect(new Webhook(secret).verify(one.body, one.headers)).toEqual({ é: 1 });
    expect(one.headers['webhook-id']).toBe('evt_1');
  });

  it.each([
    [204, 'taken'],
    [301, 'refused'],
    [307, 'refused'],
    [400, 'refused'],
    [410, 'gone'],
    [500, 'refused'],
  ])('is, by a status of %i, %s; no redirect is followed', async (status, kind) => {
    const answered = await sent((request, response) =>
      response.writeHead(status, { location: `http://${String(request.headers.host)}/elsewhere` }).end(),
    );
    expect(answered).toEqual({ kind, answer: `HTTP ${status}` });
    expect(heard).toHaveLength(1);
  });

  it('is refused by a receiver that does not answer in time', async () => {
    const answered = await sent(() => undefined, { timeoutMs: 50 });
    expect(answered).toEqual({ kind: 'refused', answer: 'no answer in time' });
  });

  it('is taken by a receiver that goes on talking, who is not listened to', async () => {
    const answered = await sent((_, response) => {
      const talk = (): void => {
        if (!response.destroyed) response.write('x'.repeat(10_000), talk);
      };
      talk();
    });
    expect(answered).toEqual({ kind: 'taken', answer: 'HTTP 200' });
  });

  it('goes to no address that is not public, by digits or by name', async () => {
    const refused = await sent((_, response) => response.end(), { allowsPrivate: false });
    expect(refused).toEqual({ kind: 'refused', answer: '127.0.0.1 is at an address that is not public' });
    const { port } = server.address() as AddressInfo;
    const byName = await sender?.send(message(`http://localhost:${port}/hooks`));
    expect(byName).toEqual({ kind: 'refused', answer: 'localhost is at an address that is not public' });
    expect(heard).toEqual([]);
  });
});

describe('an address', () => {
  it.each([
    ...['127.0.0.1', '10.1.2.3', '169.254.169.254', '192.168.0.1', '172.31.255.255', '100.64.0.1', '0.0.0.0'],
    ...[
      '224.0.0.1',
      '255.255.255.255',
      '::1',
      '::',
      'fe80::1',
      'fd00::1',
      '::ffff:10.0.0.1',
      '64:ff9b::a00:1',
    ],
    ...['2002:a00:1::', '2001:db8::1', 'ff02::1', 'no address'],
  ])('%s is private', (address) => {
    expect(isPrivate(address)).toBe(true);
  });

  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111'])('%s is public', (address) => {
    expect(isPrivate(address)).toBe(false);
  });

  it('is looked up for the connection itself', async () => {
    const found = await new Promise((done) => {
      receiverLookup(nameFinder(), false)('localhost', { all: true }, (error) => {
        done(error);
      });
    });
    expect(found).toMatchObject({ host: 'localhost' });
  });

  it('is looked up without a thread of the system, where the name server does not answer', async () => {
    const silent = createSocket('udp4');
    await new Promise<void>((done) => silent.bind(0, '127.0.0.1', done));
    const find = nameFinder([`127.0.0.1:${silent.address().port}`]);
    // Many more than the system has threads for; what needs one comes through meanwhile.
    let ended = 0;
    const all = Array.from({ length: 16 }, (_, number) =>
      find(`name${number}.example`).catch((error: unknown) => {
        ended += 1;
        return error;
      }),
    );
    await expect(find('localhost')).resolves.not.toHaveLength(0);
    expect(ended).toBe(0);
    for (const error of await Promise.all(all)) expect(error).toMatchObject({ code: 'ETIMEOUT' });
    await new Promise<void>((done) => silent.close(done));
  });
});

describe('a retry', () => {
  it('comes after pauses that grow, for three days', () => {
    const pauses: number[] = [];
    let sinceMs = 0;
    for (let attempts = 1; ; attempts += 1) {
      const pause = pauseMs(attempts, sinceMs, 0.5);
      if (pause === null) break;
      expect(pause).toBeGreaterThanOrEqual(pauses.at(-1) ?? 0);
      pauses.push(pause);
      sinceMs += pause;
    }
    expect(sinceMs).toBeGreaterThanOrEqual(TRIED_FOR_MS);
    expect(pauses.length).toBeLessThan(30);
    expect([pauseMs(1, 0, 0), pauseMs(1, 0, 1)]).toEqual([4_000, 6_000]);
  });
});
