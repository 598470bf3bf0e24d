import { createServer } from 'node:net';

/** Ports that nobody listens on, all different. All are held at once before any is let go, so none comes twice. */
export async function freePorts(count) {
  const holders = await Promise.all(Array.from({ length: count }, listen));
  const ports = holders.map((holder) => holder.address().port);
  await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))));
  return ports;
}

function listen() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
