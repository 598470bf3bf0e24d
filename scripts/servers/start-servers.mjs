import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const supervisorFile = fileURLToPath(new URL('supervisor.mjs', import.meta.url));

/**
 * Starts private servers in a fresh folder and answers {servers, stop(), startAgain(port)} once all of them answer; see
 * supervisor.mjs for what may be wanted and for the shape of `servers`. They end with this process at the latest,
 * however it ends. The supervisor is in a process group of its own, so a terminal's Ctrl-C does not reach it and it can
 * clean up in order. `startAgain` answers the new process's id, for a server or Galera node that has been killed.
 */
export async function startServers({
  mariadb = 0,
  redis = 0,
  mysql = 0,
  galera = 0,
  kafka = 0,
  bufferPool = '256M',
  env = process.env,
  ...further
}) {
  const wanted = JSON.stringify({ mariadb, redis, mysql, galera, kafka, bufferPool, ...further });
  const supervisor = spawn(process.execPath, [supervisorFile, wanted], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    env,
  });
  supervisor.stdin.on('error', () => {});
  // "close" rather than "exit": it comes when the reaper, too, has let go of the supervisor's stdout.
  const cleanedUp = once(supervisor, 'close');
  const stop = async () => {
    supervisor.stdin.end();
    await cleanedUp;
  };
  const answers = new Answers(supervisor.stdout);
  const servers = await answers.next('servers');
  if (servers.error === undefined) {
    const startAgain = async (port) => {
      const answered = answers.next(port);
      supervisor.stdin.write(`${JSON.stringify({ startAgain: port })}\n`);
      const { pid, error } = await answered;
      if (error !== undefined) throw new Error(error);
      return pid;
    };
    return { servers, stop, startAgain };
  }
  await stop();
  throw new Error(servers.error);
}

/** The supervisor's lines, each handed to who waits for it: the first one, and the answers for a port. */
class Answers {
  #waiting = new Map();
  #ended = false;

  constructor(stdout) {
    const lines = createInterface({ input: stdout });
    lines.on('line', (line) => {
      const answer = JSON.parse(line);
      this.#hand(answer.startedAgain ?? 'servers', answer);
    });
    lines.once('close', () => {
      this.#ended = true;
      for (const what of [...this.#waiting.keys()]) this.#hand(what, stopped);
    });
  }

  next(what) {
    if (this.#ended) return Promise.resolve(stopped);
    return new Promise((resolve) => this.#waiting.set(what, resolve));
  }

  #hand(what, answer) {
    this.#waiting.get(what)?.(answer);
    this.#waiting.delete(what);
  }
}

const stopped = { error: 'the servers were stopped before they were up' };
