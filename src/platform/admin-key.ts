import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../shards/make-folder';
import { unwritable } from '../shards/refuse-unwritable';
import { KEY_RULE, SENDABLE_KEY, SettingsError } from './settings';

export interface AdminKey {
  readonly key: string;
  /** Where a key that was generated just now is kept. */
  readonly generatedAt?: string;
}

/**
 * The bootstrap admin key: as configured, as kept from the first start, or generated now (readable by the owner only).
 *
 * @throws DatabaseRefusedError `FOLDER_NOT_WRITABLE`
 * @throws SettingsError when what is kept is no key
 */
export function bootstrapAdminKey(settings: { adminKey?: string | undefined; dataDir: string }): AdminKey {
  if (settings.adminKey !== undefined) return { key: settings.adminKey };
  const path = join(settings.dataDir, 'admin.key');
  try {
    const kept = readKept(path);
    if (kept !== undefined) return { key: checked(kept, path) };
    const key = `hs_admin_${randomBytes(32).toString('base64url')}`;
    makeFolder(settings.dataDir);
    writeFileSync(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
    return { key, generatedAt: path };
  } catch (error) {
    throw unwritable(`the data folder ${settings.dataDir} (HOTSPLIT_DATA_DIR)`, error) ?? error;
  }
}

/** @throws SettingsError for one that no request could bear */
function checked(key: string, path: string): string {
  if (SENDABLE_KEY.test(key)) return key;
  throw new SettingsError([`${path}: what is in it is no admin key: ${KEY_RULE}`]);
}

function readKept(path: string): string | undefined {
  try {
    const key = readFileSync(path, 'utf8').trim();
    return key === '' ? undefined : key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
