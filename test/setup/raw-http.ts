import { connect } from 'node:net';

/** Writes bytes to a server as they are, and answers whatever comes back until the server ends the connection. */
export function sayRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes, 'latin1'));
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => (heard += part));
    // A service that has answered need not read all that is sent to it.
    socket.on('error', (error) => {
      if (heard === '') reject(error);
      else resolve(heard);
    });
    socket.on('close', () => {
      resolve(heard);
    });
  });
}
