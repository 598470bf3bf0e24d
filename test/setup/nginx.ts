import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventually } from './eventually';

const REPOSITORY = resolve(__dirname, '../..');

interface Script {
  readonly bringNginx: (report: (text: string) => void) => Promise<string>;
}

export interface Ports {
  readonly http: number;
  readonly grpc: number;
}

/** nginx with deploy/nginx.conf, its names and ports replaced by those of two instances on this machine. */
export class Nginx {
  private constructor(
    readonly ports: Ports,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Installs nginx where it can; rejects with what to do where it cannot. */
  static async start(ports: Ports, instances: readonly [Ports, Ports]): Promise<Nginx> {
    const script = (await import(
      pathToFileURL(join(REPOSITORY, 'scripts/servers/nginx.mjs')).href
    )) as Script;
    const command = await script.bringNginx((text) => {
      process.stderr.write(`servers: ${text}\n`);
    });
    const folder = mkdtempSync(join(tmpdir(), 'hotsplit-nginx-'));
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, configOf(command, ports, instances, folder));
    const child = spawn(command, ['-p', folder, '-c', file, '-g', 'daemon off;'], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const nginx = new Nginx(ports, child, folder);
    for (const port of [ports.http, ports.grpc])
      await eventually(`nginx listening on ${port}`, () => {
        if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
        return canConnect(port);
      });
    return nginx;
  }

  /** Lines of its error log about calls that failed; not those about an instance that was passed over. */
  get complaints(): string[] {
    const lines = readFileSync(join(this.folder, 'error.log'), 'utf8').split('\n');
    return lines.filter((line) => line !== '' && !line.includes('Connection refused'));
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function configOf(command: string, ports: Ports, instances: readonly [Ports, Ports], folder: string): string {
  let config = readFileSync(join(REPOSITORY, 'deploy/nginx.conf'), 'utf8')
    .replace('/tmp/nginx.pid', join(folder, 'nginx.pid'))
    .replace('/dev/stderr crit', `${join(folder, 'error.log')} error`)
    .replace('listen 50051', `listen 127.0.0.1:${ports.grpc}`)
    .replace('listen 8080', `listen 127.0.0.1:${ports.http}`);
  for (const [n, { http, grpc }] of instances.entries())
    config = config
      .replaceAll(`hotsplit-${n + 1}:8080`, `127.0.0.1:${http}`)
      .replaceAll(`hotsplit-${n + 1}:50051`, `127.0.0.1:${grpc}`);
  // The directive came with 1.25.1; older ones have the same as a parameter.
  return isBefore(versionOf(command), [1, 25, 1])
    ? config
        .replace('http2 on;', '')
        .replace(`listen 127.0.0.1:${ports.grpc}`, `listen 127.0.0.1:${ports.grpc} http2`)
    : config;
}

function versionOf(command: string): number[] {
  const said = execFileSync('/bin/sh', ['-c', `"${command}" -v 2>&1`]).toString();
  return (/nginx\/([0-9.]+)/.exec(said)?.[1] ?? '').split('.').map(Number);
}

function isBefore(version: readonly number[], other: readonly number[]): boolean {
  const differs = other.findIndex((part, place) => part !== version[place]);
  return differs >= 0 && (version[differs] ?? 0) < (other[differs] ?? 0);
}

function canConnect(port: number): Promise<true | undefined> {
  return new Promise((answer) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      answer(true);
    });
    socket.once('error', () => {
      answer(undefined);
    });
  });
}
