import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const attemptMsMax = 2_000;
const pauseMs = 50;

/** The version that a MySQL or MariaDB server greets with, e.g. `10.11.19-MariaDB-…`; undefined if nobody greets. */
export async function mysqlVersion({ host = '127.0.0.1', port }) {
  const greeting = await firstAnswer({ host, port });
  // A packet header of four bytes, then protocol version 10, then the version up to a zero byte.
  if (greeting === undefined || greeting[4] !== 10) return undefined;
  return greeting.toString('latin1', 5, greeting.indexOf(0, 5)).replace(/^5\.5\.5-/, '');
}

/** The version of a Redis server that answers without a password; undefined if nobody answers. */
export async function redisVersion({ host = '127.0.0.1', port }) {
  const answer = await firstAnswer({ host, port, say: 'INFO server\r\n' });
  return answer && /redis_version:([\w.]+)/.exec(answer.toString('latin1'))?.[1];
}

/** Asks again and again until `ask` answers; stops early, with `whyEnded`'s reason, if that says the server is gone. */
export async function waitForAnswer(ask, { what, msMax = 120_000, whyEnded = () => undefined }) {
  const deadline = Date.now() + msMax;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    const reason = whyEnded();
    if (reason !== undefined) throw new Error(`${what} did not start: ${reason}`);
    if (Date.now() > deadline) throw new Error(`${what} did not answer within ${msMax / 1000} s`);
    await sleep(pauseMs);
  }
}

function firstAnswer({ host, port, say }) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(attemptMsMax, () => finish(undefined));
    socket.once('error', () => finish(undefined));
    socket.once('end', () => finish(undefined));
    socket.once('connect', () => say && socket.write(say));
    socket.once('data', finish);
  });
}
