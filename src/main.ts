import './require-node';
import './compile-cache';
import { flushCompileCache } from 'node:module';
import { bootstrapAdminKey } from './platform/admin-key';
import { readSettings, type Settings } from './platform/settings';
import { StructuredLog } from './platform/structured-log';
import { ServiceLog } from './processes/service-log';
import { leaveStopSignalsToPrimary, onStopSignal, refuseDebugger } from './processes/signals';
import { outliveReaders } from './processes/standing-output';
import { type WorkerLine, workerLine } from './processes/worker-line';
import { Workers } from './processes/workers';
import type { Service } from './service';
import { startFailure } from './start-failure';

/** One process that serves; or a primary, which holds no engine, and the workers that it starts from this same file. */
async function main(): Promise<void> {
  outliveReaders();
  refuseDebugger();
  const line = workerLine();
  if (line) leaveStopSignalsToPrimary();
  const settings = readSettings(process.env);
  const { key, generatedAt } = bootstrapAdminKey(settings);
  if (generatedAt !== undefined) say(`key   ${key}  (kept in ${generatedAt})`);
  if (line) return work(settings, key, line);
  if (settings.workers > 1) return lead(settings);
  const starting = start(settings, key);
  const life = new ServiceLog(new StructuredLog(settings.logLevel), settings);
  onStopSignal((signal) => {
    life.stopping(signal);
    stopWithin(settings, starting.stop, life);
  });
  const service = await starting.service;
  life.begun(service);
  addressesOf(service).forEach(say);
  flushCompileCache();
}

interface Starting {
  readonly service: Promise<Service>;
  /** Before the listeners open there is nothing to finish. */
  readonly stop: () => Promise<void>;
}

/** May be stopped from the first moment on, so that no signal finds a service that takes requests and cannot finish them. */
function start(settings: Settings, adminKey: string): Starting {
  let isOpen = false;
  const opening = (): void => {
    isOpen = true;
  };
  const service = import('./service.js').then(({ startService }) =>
    startService(settings, adminKey, { opening }),
  );
  return {
    service,
    stop: async () => {
      if (isOpen) await (await service).stop();
    },
  };
}

function addressesOf(service: Service): readonly string[] {
  return [
    `REST  ${service.restUrl}/v1`,
    `gRPC  ${service.grpcAddress}`,
    ...service.pages.map(({ name, url }) => `${name.padEnd(5)} ${url}`),
  ];
}

async function work(settings: Settings, adminKey: string, line: WorkerLine): Promise<void> {
  const starting = start(settings, adminKey);
  const life = new ServiceLog(new StructuredLog(settings.logLevel), settings);
  let isStopping = false;
  line.onStop(() => {
    if (isStopping) return;
    isStopping = true;
    life.stopping('the primary process');
    stopWithin(settings, starting.stop, life);
  });
  const service = await starting.service.catch(async (error: unknown) => {
    await line.tell({ kind: 'refused', told: startFailure(error) });
    process.exit(1);
  });
  life.begun(service);
  await line.tell({ kind: 'serving', addresses: addressesOf(service) });
  flushCompileCache();
}

async function lead(settings: Settings): Promise<void> {
  const log = new StructuredLog(settings.logLevel);
  const workers = new Workers(settings, log);
  const life = new ServiceLog(log, settings);
  process.once('exit', () => {
    workers.kill();
  });
  workers.onFailure(fail);
  // Before the first worker serves: a signal that nobody handles would end the primary, and with it requests under way.
  onStopSignal((signal) => {
    life.stopping(signal);
    stopWithin(
      settings,
      async () => {
        if (await workers.stop()) return;
        life.stopped(false);
        process.exit(1);
      },
      life,
    );
  });
  (await workers.start())?.forEach(say);
}

function stopWithin(
  { drainSeconds, stopSecondsMax }: Settings,
  stop: () => Promise<void>,
  life: ServiceLog,
): void {
  const tooLate = (): void => {
    life.stopped(false);
    process.exit(1);
  };
  setTimeout(tooLate, (drainSeconds + stopSecondsMax) * 1_000).unref();
  stop().then(() => {
    life.stopped(true);
    process.exit(0);
  }, fail);
}

function fail(error: unknown): never {
  process.stderr.write(`${startFailure(error)}\n`);
  process.exit(1);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch(fail);
