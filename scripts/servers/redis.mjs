import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { redisVersion } from './answers.mjs';
import { bringCommands } from './bring-commands.mjs';
import { startAnswering } from './server-process.mjs';

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
      const server = await startAnswering({
        what: `Redis on port ${port}`,
        command: commands['redis-server'],
        args: ['--port', String(port), '--save', '', '--dir', dataFolder, '--bind', '127.0.0.1'],
        logFile: join(folder, `redis-${port}.log`),
        askVersion: () => redisVersion({ port }),
      });
      return { port, url: `redis://127.0.0.1:${port}`, ...server };
    }),
  );
}
