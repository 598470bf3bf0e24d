import { mysqlVersion } from '../servers/answers.mjs';
import { countMarked, formatCounts } from './counts.mjs';

/** The summary's lines on stores: what ran on which real server, and which could not be had, and why. */
export async function storeLines(report, environment) {
  const [mariadb, mysql] = await Promise.all([
    versionOf(environment.HOTSPLIT_TEST_MARIADB_URLS),
    versionOf(environment.HOTSPLIT_TEST_MYSQL_URLS),
  ]);
  const line = (name, mark) => [name, formatCounts(countMarked(report, mark))];
  const why = environment.HOTSPLIT_TEST_MYSQL_UNAVAILABLE ?? 'no server';
  return [
    line('In memory', '[memory]'),
    line('SQLite', '[sqlite]'),
    mariadb ? line(`MariaDB ${mariadb}`, '[mariadb]') : ['MariaDB', 'not run, no server'],
    mysql ? line(`MySQL ${mysql}`, '[mysql]') : ['MySQL 9', `not run, ${why}`],
    environment.HOTSPLIT_TEST_KAFKA_UNAVAILABLE === undefined
      ? line('Kafka', '[kafka]')
      : ['Kafka', `not run, ${environment.HOTSPLIT_TEST_KAFKA_UNAVAILABLE}`],
    environment.HOTSPLIT_TEST_CODEGEN === '1'
      ? line('Generated clients', '[codegen]')
      : ['Generated clients', 'not run, only with HOTSPLIT_TEST_CODEGEN=1'],
    environment.HOTSPLIT_TEST_CHROMIUM_UNAVAILABLE === undefined
      ? line('Console in Chromium', '[chromium]')
      : ['Console in Chromium', `not run, ${environment.HOTSPLIT_TEST_CHROMIUM_UNAVAILABLE}`],
  ];
}

async function versionOf(urls) {
  if (!urls) return undefined;
  const { hostname, port } = new URL(urls.split(',')[0]);
  const version = await mysqlVersion({ host: hostname, port: Number(port || 3306) });
  return version === undefined ? '(gone)' : /^[\d.]+/.exec(version)?.[0];
}
