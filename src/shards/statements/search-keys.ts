import type { Dialect } from '../database';
import type { KeySearch } from '../shard';
import type { Statement } from './statement';

const BY_KEY: Readonly<Record<Dialect, string>> = {
  mysql: 'FORCE INDEX (entry_request)',
  sqlite: 'INDEXED BY entry_request',
};

/** More than have the word and are not what is looked for. */
const FOUND_MAX = 50;

/** Where so many of the keys end; no row where there are fewer. A plain read of `entry_request` alone. */
export function keysEnd(search: KeySearch, dialect: Dialect, keys: number): Statement {
  return {
    sql: `SELECT request_id FROM entry ${BY_KEY[dialect]} WHERE ${RANGE} ORDER BY request_id LIMIT 1 OFFSET ?`,
    parameters: [...rangeOf(search), keys - 1],
  };
}

/** The keys that have the word, among so many. A plain read of `entry_request` alone. */
export function searchKeys(search: KeySearch, dialect: Dialect, keys: number): Statement {
  const wrapped = dialect === 'mysql' ? `CONCAT(request_id, ' ')` : `request_id || ' '`;
  return {
    sql: `SELECT request_id FROM (SELECT request_id FROM entry ${BY_KEY[dialect]} WHERE ${RANGE} ORDER BY request_id LIMIT ?) AS slice
      WHERE INSTR(${wrapped}, ?) > 0 LIMIT ${FOUND_MAX}`,
    parameters: [...rangeOf(search), keys, ` ${search.word} `],
  };
}

const RANGE = 'account_id = ? AND request_id > ? AND request_id < ?';

/** No key has anything below a blank, and `!` is what follows one. */
function rangeOf({ accountId, prefix, after }: KeySearch): string[] {
  return [accountId, after ?? prefix, `${prefix.slice(0, -1)}!`];
}
