import type { FaultVerdict } from '../faults';

/**
 * The error numbers of MySQL 8 and 9 and of MariaDB 10.6 to 11, by what they mean for a transaction. Both servers count
 * from the same list up to 1880; beyond that a number means one thing on each, and no number here means two things that
 * differ for a transaction.
 *
 * A number that is in no list is `unclassified`: rolled back, tried again, and told as the shard's trouble. So `defect`
 * lists only what the statements of this service can be to blame for, and nothing that an operator, a full disk or a
 * cluster can bring about.
 */
export const ERROR_NUMBERS: Readonly<Partial<Record<FaultVerdict, readonly number[]>>> = {
  lookUpKeys: [
    1022, // DUP_KEY
    1062, // DUP_ENTRY
    1169, // DUP_UNIQUE
    1586, // DUP_ENTRY_WITH_KEY_NAME
    1859, // DUP_UNKNOWN_IN_INDEX
  ],

  again: [
    1020, // CHECKREAD: the record has changed since it was read (MariaDB, innodb_snapshot_isolation)
    1205, // LOCK_WAIT_TIMEOUT
    1213, // LOCK_DEADLOCK; also what replication rolled back in favour of another node's transaction
    1412, // TABLE_DEF_CHANGED: the table was altered since the transaction began
    1614, // XA_RBDEADLOCK
    1615, // NEED_REPREPARE
    1689, // LOCK_ABORTED
    1964, // PRIOR_COMMIT_FAILED (MariaDB)
    3101, // TRANSACTION_ROLLBACK_DURING_COMMIT: group replication decided for another transaction
    3572, // LOCK_NOWAIT
  ],

  outcomeUnknown: [
    1053, // SERVER_SHUTDOWN
    1077, // NORMAL_SHUTDOWN
    1078, // GOT_SIGNAL
    1079, // SHUTDOWN_COMPLETE
    1080, // FORCING_CLOSE
    1152, // ABORTING_CONNECTION
    1158, // NET_READ_ERROR
    1159, // NET_READ_INTERRUPTED
    1160, // NET_ERROR_ON_WRITE
    1161, // NET_WRITE_INTERRUPTED
    1180, // ERROR_DURING_COMMIT
    1184, // NEW_ABORTING_CONNECTION
    1317, // QUERY_INTERRUPTED
    1927, // CONNECTION_KILLED (MariaDB)
    1969, // STATEMENT_TIMEOUT (MariaDB)
    3024, // QUERY_TIMEOUT (MySQL)
    3169, // SESSION_WAS_KILLED (MySQL)
    4031, // CLIENT_INTERACTION_TIMEOUT (MySQL): the session was closed for inactivity
  ],

  unavailable: [
    // The server lets nobody in, or not this user.
    1040, // CON_COUNT_ERROR
    1042, // BAD_HOST_ERROR
    1043, // HANDSHAKE_ERROR
    1044, // DBACCESS_DENIED_ERROR
    1045, // ACCESS_DENIED_ERROR
    1129, // HOST_IS_BLOCKED
    1130, // HOST_NOT_PRIVILEGED
    1135, // CANT_CREATE_THREAD
    1142, // TABLEACCESS_DENIED_ERROR
    1143, // COLUMNACCESS_DENIED_ERROR
    1203, // TOO_MANY_USER_CONNECTIONS
    1226, // USER_LIMIT_REACHED
    1227, // SPECIFIC_ACCESS_DENIED_ERROR
    1698, // ACCESS_DENIED_NO_PASSWORD_ERROR
    1820, // MUST_CHANGE_PASSWORD
    1862, // MUST_CHANGE_PASSWORD_LOGIN
    3032, // SERVER_OFFLINE_MODE
    3118, // ACCOUNT_HAS_BEEN_LOCKED
    3159, // SECURE_TRANSPORT_REQUIRED
    3955, // USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK
    4151, // ACCOUNT_HAS_BEEN_LOCKED (MariaDB)

    // The server takes no writes: read-only, locked, no member of its cluster's majority.
    1036, // OPEN_AS_READONLY
    1047, // UNKNOWN_COM_ERROR: Galera, "WSREP has not yet prepared node for application use"
    1099, // TABLE_NOT_LOCKED_FOR_WRITE
    1100, // TABLE_NOT_LOCKED
    1192, // LOCK_OR_ACTIVE_TRANSACTION
    1207, // READ_ONLY_TRANSACTION
    1223, // CANT_UPDATE_WITH_READLOCK
    1290, // OPTION_PREVENTS_STATEMENT: --read-only
    1785, // GTID_UNSAFE_NON_TRANSACTIONAL_TABLE
    1792, // CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
    1836, // READ_ONLY_MODE
    1874, // INNODB_READ_ONLY
    3098, // BEFORE_DML_VALIDATION_ERROR: a plugin refuses the table
    3100, // RUN_HOOK_ERROR: a plugin refuses the commit
    3750, // TABLE_WITHOUT_PK
    3796, // GRP_RPL_RECOVERY_NOT_READY
    3989, // SCHEMA_READ_ONLY

    // The server has run out of something, or its disk has failed it.
    1, // EE_CANTCREATEFILE
    2, // EE_READ
    3, // EE_WRITE
    4, // EE_BADCLOSE
    5, // EE_OUTOFMEMORY
    20, // EE_DISK_FULL
    23, // EE_OUT_OF_FILERESOURCES
    28, // ENOSPC, as a storage engine reports it
    1004, // CANT_CREATE_FILE
    1015, // CANT_LOCK
    1016, // CANT_OPEN_FILE
    1017, // FILE_NOT_FOUND
    1021, // DISK_FULL
    1023, // ERROR_ON_CLOSE
    1024, // ERROR_ON_READ
    1026, // ERROR_ON_WRITE
    1028, // FILSORT_ABORT
    1030, // GET_ERRNO: what the storage engine reported
    1034, // NOT_KEYFILE
    1035, // OLD_KEYFILE
    1037, // OUTOFMEMORY
    1038, // OUT_OF_SORTMEMORY
    1041, // OUT_OF_RESOURCES
    1114, // RECORD_FILE_FULL
    1119, // STACK_OVERRUN
    1194, // CRASHED_ON_USAGE
    1195, // CRASHED_ON_REPAIR
    1197, // TRANS_CACHE_FULL
    1206, // LOCK_TABLE_FULL
    1296, // GET_ERRMSG
    1297, // GET_TEMPORARY_ERRMSG
    1436, // STACK_OVERRUN_NEED_MORE
    1598, // BINLOG_LOGGING_IMPOSSIBLE
    1637, // TOO_MANY_CONCURRENT_TRXS
    1705, // STMT_CACHE_FULL
    1712, // INDEX_CORRUPT
    1713, // UNDO_RECORD_TOO_BIG
    1810, // IO_READ_ERROR
    1811, // IO_WRITE_ERROR
    1812, // TABLESPACE_MISSING
    1814, // TABLESPACE_DISCARDED
    1815, // INTERNAL_ERROR
    1877, // TABLE_CORRUPT
    1878, // TEMP_FILE_WRITE_FAILURE
    3000, // FILE_CORRUPT
    3015, // ENGINE_OUT_OF_MEMORY
    3019, // INNODB_UNDO_LOG_FULL
    3044, // STD_BAD_ALLOC_ERROR
    3170, // CAPACITY_EXCEEDED
    3177, // LOCK_REFUSED_BY_ENGINE
    3185, // KEYRING_UDF_KEYRING_SERVICE_ERROR
    3231, // WRITE_SET_EXCEEDS_LIMIT
    3675, // DISK_FULL_NOWAIT

    // The database or its tables are gone, or were replaced under a session.
    1033, // NOT_FORM_FILE
    1046, // NO_DB_ERROR
    1049, // BAD_DB_ERROR
    1051, // BAD_TABLE_ERROR
    1146, // NO_SUCH_TABLE
    1932, // NO_SUCH_TABLE_IN_ENGINE (MariaDB)
    3503, // NO_SUCH_DB
  ],

  defect: [
    // A statement that cannot be read, or names what does not exist.
    1052, // NON_UNIQ_ERROR
    1054, // BAD_FIELD_ERROR
    1055, // WRONG_FIELD_WITH_GROUP
    1056, // WRONG_GROUP_FIELD
    1058, // WRONG_VALUE_COUNT
    1064, // PARSE_ERROR
    1065, // EMPTY_QUERY
    1066, // NONUNIQ_TABLE
    1093, // UPDATE_TABLE_USED
    1096, // NO_TABLES_USED
    1109, // UNKNOWN_TABLE
    1110, // FIELD_SPECIFIED_TWICE
    1111, // INVALID_GROUP_FUNC_USE
    1136, // WRONG_VALUE_COUNT_ON_ROW
    1140, // MIX_OF_GROUP_FUNC_AND_FIELDS
    1149, // SYNTAX_ERROR
    1176, // KEY_DOES_NOT_EXITS
    1193, // UNKNOWN_SYSTEM_VARIABLE
    1210, // WRONG_ARGUMENTS
    1221, // WRONG_USAGE
    1222, // WRONG_NUMBER_OF_COLUMNS_IN_SELECT
    1231, // WRONG_VALUE_FOR_VAR
    1232, // WRONG_TYPE_FOR_VAR
    1235, // NOT_SUPPORTED_YET
    1241, // OPERAND_COLUMNS
    1242, // SUBQUERY_NO_1_ROW
    1247, // ILLEGAL_REFERENCE
    1248, // DERIVED_MUST_HAVE_ALIAS
    1267, // CANT_AGGREGATE_2COLLATIONS
    1270, // CANT_AGGREGATE_3COLLATIONS
    1271, // CANT_AGGREGATE_NCOLLATIONS
    1305, // SP_DOES_NOT_EXIST
    1318, // SP_WRONG_NO_OF_ARGS
    1327, // SP_UNDECLARED_VAR
    1582, // WRONG_PARAMCOUNT_TO_NATIVE_FCT
    1583, // WRONG_PARAMETERS_TO_NATIVE_FCT
    3065, // FIELD_IN_ORDER_NOT_SELECT

    // A value that its column does not take.
    1048, // BAD_NULL_ERROR
    1138, // INVALID_USE_OF_NULL
    1263, // WARN_NULL_TO_NOTNULL
    1264, // WARN_DATA_OUT_OF_RANGE
    1265, // WARN_DATA_TRUNCATED
    1292, // TRUNCATED_WRONG_VALUE
    1300, // INVALID_CHARACTER_STRING
    1364, // NO_DEFAULT_FOR_FIELD
    1365, // DIVISION_BY_ZERO
    1366, // TRUNCATED_WRONG_VALUE_FOR_FIELD
    1367, // ILLEGAL_VALUE_FOR_TYPE
    1406, // DATA_TOO_LONG
    1411, // WRONG_VALUE_FOR_TYPE
    1441, // DATETIME_FUNCTION_OVERFLOW
    1525, // WRONG_VALUE
    1690, // DATA_OUT_OF_RANGE
    1916, // DATA_OVERFLOW (MariaDB)
    1917, // DATA_TRUNCATED (MariaDB)
    1918, // BAD_DATA (MariaDB)
    3673, // BAD_NULL_ERROR_NOT_IGNORED
    3854, // CANNOT_CONVERT_STRING
    3988, // IMPOSSIBLE_STRING_CONVERSION

    // A row that breaks a rule of its table.
    1216, // NO_REFERENCED_ROW
    1217, // ROW_IS_REFERENCED
    1451, // ROW_IS_REFERENCED_2
    1452, // NO_REFERENCED_ROW_2
    3819, // CHECK_CONSTRAINT_VIOLATED (MySQL)
    4025, // CONSTRAINT_FAILED (MariaDB)

    // A statement that is too large.
    1118, // TOO_BIG_ROWSIZE
    1153, // NET_PACKET_TOO_LARGE
    1162, // TOO_LONG_STRING
    1390, // PS_MANY_PARAM
  ],
};

/** What each listed error number means. */
export const VERDICTS_BY_NUMBER: ReadonlyMap<number, FaultVerdict> = new Map(
  Object.entries(ERROR_NUMBERS).flatMap(([verdict, numbers]) =>
    numbers.map((number) => [number, verdict as FaultVerdict] as const),
  ),
);
