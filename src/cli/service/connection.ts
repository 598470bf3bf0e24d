import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorFault } from '../faults';
import type { Surroundings } from '../surroundings';
import { ServiceClient } from './service-client';

export const DEFAULT_URL = 'http://127.0.0.1:8080';

export interface ConnectionOptions {
  readonly url?: string;
  readonly key?: string;
}

/** Finds the service and the key: what is on the command line outranks the environment, that the key's file. */
export async function connect(
  options: ConnectionOptions,
  { env, readIn }: Pick<Surroundings, 'env' | 'readIn'>,
): Promise<ServiceClient> {
  const given = options.key === '-' ? await readIn('the API key') : options.key;
  const key =
    given ?? secretOf(env, 'HOTSPLIT_KEY') ?? secretOf(env, 'HOTSPLIT_ADMIN_KEY') ?? readKeyFile(env);
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key))
    throw new OperatorFault('the API key cannot be sent: it holds a blank, a line break or no ASCII');
  return new ServiceClient({
    url: readUrl(options.url ?? filled(env['HOTSPLIT_URL']) ?? DEFAULT_URL),
    ...(key === undefined ? {} : { key }),
  });
}

/** The value of a variable, or what stands in the file that `NAME_FILE` names. */
function secretOf(env: Surroundings['env'], variable: string): string | undefined {
  const value = filled(env[variable]?.trim());
  const path = filled(env[`${variable}_FILE`]);
  if (value !== undefined || path === undefined) return value;
  let kept: string | undefined;
  try {
    kept = filled(readFileSync(path, 'utf8').trim());
  } catch (error) {
    throw new OperatorFault(`${variable}_FILE: ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (kept === undefined) throw new OperatorFault(`${variable}_FILE: ${path} is empty`);
  return kept;
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new OperatorFault(
      `${JSON.stringify(text)} is no address of a service; it looks like ${DEFAULT_URL}`,
    );
  }
  return url;
}

/** The key that the service made at its first start, if this runs beside it. */
function readKeyFile(env: Surroundings['env']): string | undefined {
  const file = join(filled(env['HOTSPLIT_DATA_DIR']) ?? 'data', 'admin.key');
  return existsSync(file) ? filled(readFileSync(file, 'utf8').trim()) : undefined;
}

function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
