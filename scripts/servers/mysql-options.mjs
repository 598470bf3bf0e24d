import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** What MariaDB and MySQL are given alike: every acknowledged commit is on disk, nothing listens to the outside. */
export function commonMysqlOptions({ port, bufferPool }) {
  return [
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--innodb-flush-log-at-trx-commit=1',
    `--innodb-buffer-pool-size=${bufferPool}`,
    '--max-connections=500',
    '--skip-log-bin',
    ...runAs(),
  ];
}

/**
 * For servers whose data are worth nothing once the machine has stopped, such as those of the tests: nothing is forced to
 * the disk. A commit still reaches the operating system before it is acknowledged, so killing the server loses none.
 */
export const unsyncedOptions = ['--innodb-flush-method=nosync', '--innodb-doublewrite=OFF'];

/**
 * A MariaDB that starts removes every temporary table that it finds in its folder for those, also the ones that another server
 * is just using: each has a folder of its own.
 */
export function ownTmpdir(folder, name) {
  const path = join(folder, `tmp-${name}`);
  mkdirSync(path, { recursive: true });
  // A Galera node runs as another user.
  chmodSync(path, 0o777);
  return `--tmpdir=${path}`;
}

/** The servers refuse to run as root unless told to. */
export function runAs() {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}
