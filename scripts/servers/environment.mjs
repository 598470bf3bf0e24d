/** How the addresses of the servers reach tests and benchmarks. */
export function serversEnvironment({ mariadb, redis, mysql, kafka, unavailable }) {
  return {
    ...(mariadb.length > 0 && { HOTSPLIT_TEST_MARIADB_URLS: urls(mariadb) }),
    ...(redis.length > 0 && { HOTSPLIT_TEST_REDIS_URL: redis[0].url }),
    ...(mysql.length > 0 && { HOTSPLIT_TEST_MYSQL_URLS: urls(mysql) }),
    ...(unavailable.mysql !== undefined && { HOTSPLIT_TEST_MYSQL_UNAVAILABLE: unavailable.mysql }),
    // Tests start brokers of their own. This is for a service, as the setting of that name.
    ...(kafka.length > 0 && { HOTSPLIT_KAFKA_BROKERS: urls(kafka) }),
    ...(unavailable.kafka !== undefined && { HOTSPLIT_TEST_KAFKA_UNAVAILABLE: unavailable.kafka }),
  };
}

/** Servers that the environment already names are used as they are and not started. */
export function withoutGivenServers(wanted, environment = process.env) {
  return {
    ...wanted,
    mariadb: environment.HOTSPLIT_TEST_MARIADB_URLS ? 0 : wanted.mariadb,
    redis: environment.HOTSPLIT_TEST_REDIS_URL ? 0 : wanted.redis,
    mysql:
      environment.HOTSPLIT_TEST_MYSQL_URLS || environment.HOTSPLIT_TEST_MYSQL_UNAVAILABLE ? 0 : wanted.mysql,
  };
}

function urls(servers) {
  return servers.map(({ url }) => url).join(',');
}
