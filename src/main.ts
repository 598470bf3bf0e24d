import { bootstrapAdminKey } from './platform/admin-key';
import { DatabaseRefusedError } from './shards/faults';
import { readSettings, SettingsError, type Settings } from './platform/settings';
import { type Service, startService } from './service';

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const adminKey = bootstrapAdminKey(settings);
  if (adminKey.generatedAt !== undefined) say(`key   ${adminKey.key}  (kept in ${adminKey.generatedAt})`);
  const service = await startService(settings, adminKey.key);
  say(`REST  ${service.restUrl}/v1`);
  say(`gRPC  ${service.grpcAddress}`);
  say(`docs  ${service.restUrl}/docs`);
  stopOnSignal(service, settings);
}

/** The first signal drains; a second one, or an overrun, ends at once. */
function stopOnSignal(service: Service, settings: Settings): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), settings.stopSecondsMax * 1_000).unref();
    service.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** What an operator can mend is told in a line; anything else with its stack. */
function fail(error: unknown): never {
  const known =
    error instanceof SettingsError || error instanceof DatabaseRefusedError || isListenError(error);
  const told =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${told}\n`);
  process.exit(1);
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
