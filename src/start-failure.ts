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
  return isOfSystem(error) ? oneLine(error.message) + whatToSet(error) : (error.stack ?? error.message);
}

/** The settings of the HTTP listener, where it could not be opened. */
function whatToSet({ syscall, code }: NodeJS.ErrnoException): string {
  if (syscall === 'listen' && code !== 'EADDRNOTAVAIL')
    return ' (HOTSPLIT_HTTP_PORT is another port, 0 any free one)';
  return syscall === 'listen' || syscall === 'getaddrinfo' ? ' (see HOTSPLIT_HOST)' : '';
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
