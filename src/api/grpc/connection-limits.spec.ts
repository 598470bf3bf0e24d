import { Server, ServerCredentials } from '@grpc/grpc-js';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { limitEachConnection } from './connection-limits';

describe('a connection to the gRPC listener', () => {
  it('is ended when its client says nothing, and stays when it has greeted', async () => {
    const server = new Server();
    limitEachConnection(server, () => undefined, 100);
    const bind = promisify(server.bindAsync.bind(server));
    const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
    const greeted = connectHttp2(`http://127.0.0.1:${port}`);
    await once(greeted, 'remoteSettings');

    const silent = connect({ host: '127.0.0.1', port });
    silent.on('error', () => undefined);
    silent.resume();
    await once(silent, 'close');
    const halfSaid = connect({ host: '127.0.0.1', port }, () => halfSaid.write('PRI * HTTP/2.0\r\n'));
    halfSaid.on('error', () => undefined);
    halfSaid.resume();
    await once(halfSaid, 'close');

    await new Promise<void>((pong, fail) => {
      greeted.ping((error) => {
        if (error) fail(error);
        else pong();
      });
    });
    greeted.destroy();
    server.forceShutdown();
  });
});
