/** Which of the two servers it is: they limit the time of a statement in different ways. */
export type Server = 'mysql' | 'mariadb';

export function serverOf(version: string): Server {
  return /mariadb/i.test(version) ? 'mariadb' : 'mysql';
}

/**
 * A SELECT that the server itself ends after a time. A client that gives up only closes its connection, which the server
 * notices when it has the result: until then a scan would go on, beside the next one that asks the same.
 */
export function limitedRead(select: string, { server, msMax }: { server: Server; msMax: number }): string {
  return server === 'mariadb'
    ? `SET STATEMENT max_statement_time = ${msMax / 1_000} FOR ${select}`
    : select.replace(/^\s*SELECT\b/i, `SELECT /*+ MAX_EXECUTION_TIME(${msMax}) */`);
}
