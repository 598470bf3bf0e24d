import { bootstrapAdminKey } from './platform/admin-key';
import { readSettings, SettingsError, type Settings } from './platform/settings';
import { StructuredLog } from './platform/structured-log';
import { type WorkerLine, workerLine } from './processes/worker-line';
import { WorkerRefusedError, Workers } from './processes/workers';
import type { Service } from './service';
import { DatabaseRefusedError } from './shards/faults';

/** One process that serves; or a primary, which holds no engine, and the workers that it starts from this same file. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const line = workerLine();
  const { key, generatedAt } = bootstrapAdminKey(settings);
  if (generatedAt !== undefined) say(`key   ${key}  (kept in ${generatedAt})`);
  if (line) return work(settings, key, line);
  if (settings.workers > 1) return lead(settings);
  const service = await start(settings, key);
  addressesOf(service).forEach(say);
  stopOnSignal(settings, () => service.stop());
}

async function start(settings: Settings, adminKey: string): Promise<Service> {
  const { startService } = await import('./service.js');
  return startService(settings, adminKey);
}

function addressesOf(service: Service): readonly string[] {
  return [`REST  ${service.restUrl}/v1`, `gRPC  ${service.grpcAddress}`, `docs  ${service.restUrl}/docs`];
}

async function work(settings: Settings, adminKey: string, line: WorkerLine): Promise<void> {
  const service = await start(settings, adminKey).catch(async (error: unknown) => {
    await line.tell({ kind: 'refused', told: told(error) });
    process.exit(1);
  });
  // A terminal and some supervisors send their signals to every process: the primary's word counts.
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => undefined);
  line.onStop(
    once(() => {
      stopWithin(settings, () => service.stop());
    }),
  );
  await line.tell({ kind: 'serving', addresses: addressesOf(service) });
}

async function lead(settings: Settings): Promise<void> {
  const workers = new Workers(settings, new StructuredLog(settings.logLevel));
  process.once('exit', () => {
    workers.kill();
  });
  workers.onFailure(fail);
  (await workers.start()).forEach(say);
  stopOnSignal(settings, async () => {
    if (!(await workers.stop())) process.exit(1);
  });
}

/** The first signal drains; a second one, or an overrun, ends at once. */
function stopOnSignal(settings: Settings, stop: () => Promise<void>): void {
  const first = once(() => {
    stopWithin(settings, stop);
  });
  const onSignal = (): void => {
    if (!first()) process.exit(1);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

function stopWithin(settings: Settings, stop: () => Promise<void>): void {
  setTimeout(() => process.exit(1), settings.stopSecondsMax * 1_000).unref();
  stop().then(() => process.exit(0), fail);
}

/** Runs it the first time; answers whether it did. */
function once(run: () => void): () => boolean {
  let done = false;
  return () => {
    if (done) return false;
    done = true;
    run();
    return true;
  };
}

function fail(error: unknown): never {
  process.stderr.write(`${told(error)}\n`);
  process.exit(1);
}

/** What an operator can mend is told in a line; anything else with its stack. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known =
    error instanceof SettingsError ||
    error instanceof DatabaseRefusedError ||
    error instanceof WorkerRefusedError ||
    isListenError(error);
  return known ? error.message : (error.stack ?? error.message);
}

function isListenError(error: unknown): boolean {
  return ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes(
    String((error as { code?: unknown } | null)?.code),
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch(fail);
