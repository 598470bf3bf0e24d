import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { redisVersion, waitForAnswer } from './answers.mjs';
import { bringCommands } from './bring-commands.mjs';
import { startServerProcess } from './server-process.mjs';

export function bringRedis(report) {
  return bringCommands({
    product: 'Redis',
    commands: ['redis-server'],
    debianPackage: 'redis-server',
    report,
  });
}

/** Starts a Redis on each port; it keeps nothing on disk. Each can be started again in its place: `startAgain()`. */
export function startRedis({ commands, ports, folder }) {
  return Promise.all(
    ports.map(async (port) => {
      const dataFolder = join(folder, `redis-${port}`);
      mkdirSync(dataFolder);
      const start = async () => {
        const { pid, whyEnded } = startServerProcess(
          commands['redis-server'],
          ['--port', String(port), '--save', '', '--dir', dataFolder, '--bind', '127.0.0.1'],
          { logFile: join(folder, `redis-${port}.log`) },
        );
        const version = await waitForAnswer(() => redisVersion({ port }), {
          what: `Redis on port ${port}`,
          whyEnded,
        });
        return { pid, version };
      };
      const { pid, version } = await start();
      return {
        port,
        pid,
        version,
        url: `redis://127.0.0.1:${port}`,
        startAgain: async () => (await start()).pid,
      };
    }),
  );
}
