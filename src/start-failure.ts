import { GrpcListenError } from './api/grpc/listen-error';
import { SettingsError } from './platform/settings';
import { WorkerRefusedError } from './processes/workers';
import { DirectoryUnavailableError } from './shards/directory/directory-database';
import { DatabaseRefusedError, ShardFault, ShardUnavailableError } from './shards/faults';

/** Errors whose message is for the operator as it is. */
const IN_PLAIN_WORDS = [
  SettingsError,
  DatabaseRefusedError,
  WorkerRefusedError,
  GrpcListenError,
  DirectoryUnavailableError,
  ShardUnavailableError,
  ShardFault,
];

/** Why the service did not start. What an operator can mend is told in a line; anything else with its stack. */
export function startFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (IN_PLAIN_WORDS.some((known) => error instanceof known)) return error.message;
  return isOfSystem(error) ? oneLine(error.message) : (error.stack ?? error.message);
}

/** From the operating system, a driver or SQLite: a port in use, a folder that cannot be written, a name without an address. */
function isOfSystem(error: Error): boolean {
  const { code, syscall, errno } = error as NodeJS.ErrnoException;
  return (
    typeof code === 'string' && (syscall !== undefined || errno !== undefined || code.startsWith('SQLITE_'))
  );
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
