/** Both servers. Each value is written out: `DEFAULT` would mean the global value that this list is a guard against. */
function commonSettings(waitTimeoutSeconds: number): string[] {
  return [
    // `init_connect`, or a server that ignores the client's character set, must not decide how text is read.
    'NAMES utf8mb4',
    // The server's clock is unambiguous, and truncation is an error.
    `time_zone = '+00:00'`,
    `sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'`,
    // A client that lost power or was stopped loses its locks within seconds instead of hours.
    `wait_timeout = ${waitTimeoutSeconds}`,
    'innodb_lock_wait_timeout = 1',
    'lock_wait_timeout = 50',
    // A transaction ends where the service ends it, and no other transaction begins there.
    'autocommit = 1',
    'completion_type = 0',
    // No statement reads, sorts or writes fewer rows or characters than it names.
    'sql_select_limit = 18446744073709551615',
    'sql_safe_updates = 0',
    'sql_big_selects = 1',
    'max_join_size = 18446744073709551615',
    'max_sort_length = 1024',
    'sql_auto_is_null = 0',
    // Unique keys and checks are the last guard of the money.
    'unique_checks = 1',
    'foreign_key_checks = 1',
    'innodb_table_locks = 1',
    `default_storage_engine = 'InnoDB'`,
  ];
}

/**
 * A statement is bounded by the client's deadline: a server that ended a COMMIT earlier would leave its outcome unknown. Long
 * lists of keys are looked up in their index, whatever their length: a scan would lock every row that it passes.
 */
const MARIADB_SETTINGS = [
  'check_constraint_checks = 1',
  'in_predicate_conversion_threshold = 0',
  'max_statement_time = 0',
  `old_mode = ''`,
];
const MYSQL_SETTINGS = ['range_optimizer_max_mem_size = 0', 'max_execution_time = 0'];

/** One statement that sets a session, whatever the server's global defaults are; each server skips the other's comment. */
export function sessionSettings({ waitTimeoutSeconds }: { readonly waitTimeoutSeconds: number }): string {
  const common = commonSettings(waitTimeoutSeconds).join(', ');
  return `SET ${common} /*M!, ${MARIADB_SETTINGS.join(', ')} */ /*!80000 , ${MYSQL_SETTINGS.join(', ')} */`;
}

/** A statement of its own: the variables behind it are called differently by older servers. */
export const TRANSACTION_SETTINGS = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE';
