import { DatabaseRefusedError } from './faults';

/** No further try mends these: somebody has to change an owner, a mode, a mount or a setting. */
const UNWRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'];
const UNWRITABLE_TO_SQLITE = /^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/;

/**
 * What keeps a file or folder from being written, in words for the operator.
 *
 * @returns `FOLDER_NOT_WRITABLE`; nothing for an error of another kind
 */
export function unwritable(what: string, error: unknown): DatabaseRefusedError | undefined {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (!UNWRITABLE.includes(code) && !UNWRITABLE_TO_SQLITE.test(code)) return undefined;
  return new DatabaseRefusedError('FOLDER_NOT_WRITABLE', `${what} cannot be written: ${message}`, {
    cause: error,
  });
}
