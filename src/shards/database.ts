/** A value as both drivers return it: 64-bit integers exact, as text or `bigint`. */
export type Cell = string | number | bigint | Buffer | null;
export type Parameter = string | number | bigint | Buffer | null;

/** Which set of migrations a database carries; the directory may live beside a shard in one database. */
export type SchemaPart = 'shard' | 'directory';

export type Dialect = 'mysql' | 'sqlite';

/**
 * One database, for everything off the hot path: single statements, each its own transaction, each with a deadline.
 * Placeholders are `?` in both dialects.
 */
export interface Database {
  readonly dialect: Dialect;
  /** Nothing is there at all, before it is opened; `undefined` where that cannot be said. */
  readonly isMissing?: boolean;
  /** Connects, checks the server, and brings the part's tables up to date. Safe to call again. */
  open(part: SchemaPart): Promise<void>;
  /** @returns rows as arrays, in the order of the selected columns */
  read(sql: string, parameters?: readonly Parameter[]): Promise<Cell[][]>;
  /** A read that comes after every transaction that was open when it was asked for, on the rows it locks. */
  readSettled(sql: string, parameters?: readonly Parameter[]): Promise<Cell[][]>;
  /** @returns the number of rows inserted, changed or deleted */
  write(sql: string, parameters?: readonly Parameter[]): Promise<number>;
  /**
   * A write that needs no sync of its own: it is in the database's log before whatever is committed later, and may be lost only
   * with all of that. Where there is none, `write` is as good.
   */
  writeUnsynced?(sql: string, parameters?: readonly Parameter[]): Promise<number>;
  /** Ends connections; a file that several parts share is closed with the last of them. */
  close(): Promise<void>;
}

/** See `writeUnsynced`. */
export function unsynced(database: Database, sql: string, parameters: readonly Parameter[]): Promise<number> {
  return database.writeUnsynced?.(sql, parameters) ?? database.write(sql, parameters);
}

export function text(cell: Cell | undefined): string {
  if (typeof cell !== 'string') throw new TypeError(`expected text in the database, found ${typeof cell}`);
  return cell;
}

export function textOrNull(cell: Cell | undefined): string | null {
  return cell === null ? null : text(cell);
}

/** An integer that is known to stay within 2^53: times, counts, versions. */
export function integer(cell: Cell | undefined): number {
  const value = typeof cell === 'number' ? cell : Number(exact(cell));
  if (!Number.isSafeInteger(value))
    throw new RangeError(`integer out of range in the database: ${String(cell)}`);
  return value;
}

/** A 64-bit integer, or a sum of such, exact. */
export function exact(cell: Cell | undefined): bigint {
  if (typeof cell === 'bigint') return cell;
  if (typeof cell === 'string' || (typeof cell === 'number' && Number.isSafeInteger(cell)))
    return BigInt(cell);
  throw new TypeError(`expected an integer in the database, found ${String(cell)}`);
}

export function bytes(cell: Cell | undefined): Buffer {
  if (!Buffer.isBuffer(cell)) throw new TypeError(`expected bytes in the database, found ${typeof cell}`);
  return cell;
}

export function hex(cell: Cell | undefined): string {
  return bytes(cell).toString('hex');
}
