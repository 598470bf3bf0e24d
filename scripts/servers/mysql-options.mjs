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

/** The servers refuse to run as root unless told to. */
export function runAs() {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}
