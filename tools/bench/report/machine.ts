import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { createConnection } from 'mysql2/promise';
import type { Servers } from '../stage/store-kind';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly os: string;
  readonly node: string;
  readonly databases: readonly string[];
}

export async function describeMachine(servers: Servers): Promise<Machine> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    os: `${type()} ${release()}`,
    node: process.version,
    databases: await Promise.all([...servers.mariadb, ...servers.mysql].map(describeServer)),
  };
}

async function describeServer(url: string): Promise<string> {
  const connection = await createConnection({ uri: url, connectTimeout: 5_000 });
  try {
    const [rows] = await connection.query({
      sql: 'SELECT VERSION(), @@innodb_flush_log_at_trx_commit, @@innodb_buffer_pool_size DIV 1048576',
      rowsAsArray: true,
    });
    const [version, flush, bufferPoolMb] = (rows as unknown[][])[0] ?? [];
    return `${String(version)}, flush at commit ${String(flush)}, buffer pool ${String(bufferPoolMb)} MB`;
  } finally {
    await connection.end();
  }
}

/** The commit that was built, with `+changes` when the working tree differs from it. */
export function describeCommit(): string {
  const git = (...parameters: string[]): string =>
    execFileSync('git', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+changes');
  } catch {
    return 'unknown';
  }
}
