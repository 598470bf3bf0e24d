import { type Cell, integer, type Parameter, text } from '../database';
import { type AuditEvent, type AuditLine, auditLineHash, auditLineText, NO_HASH } from './audit-line';
import { type DirectoryDatabase, DirectoryOverloadedError } from './directory-database';

/** Another instance added lines in the same moment: so often it is tried again. */
const TRIES_MAX = 50;
/** Lines that one statement deletes. */
const DELETED_MAX = 100;

export interface AuditLogPage {
  readonly limit: number;
  /** The page has lines behind this one, in the order asked for. */
  readonly behind?: number | undefined;
  readonly order: 'newest first' | 'oldest first';
  /** Only lines of this key, call or resource. */
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
}

/** A line as it is kept, with its hash. */
export interface KeptAuditLine {
  readonly text: string;
  readonly hash: string;
  /** False when somebody changed the row beside the text: what lists are filtered and lines are deleted by. */
  readonly isAsWritten: boolean;
}

/** The audit log in the directory. Every change is one statement. */
export class AuditLogStore {
  constructor(private readonly database: DirectoryDatabase) {}

  /**
   * Adds lines behind the last one. The place of each is the key of its row, so that two instances never add behind the same line.
   *
   * Rejects with `DirectoryUnavailableError`; then the lines may have been added.
   */
  async append(events: readonly AuditEvent[]): Promise<KeptAuditLine[]> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const lines = chain(events, await this.#head());
      const rows = lines.map(rowOf);
      const isAdded = await this.database.insertOnce(
        `INSERT INTO audit_log (sequence, at_us, actor, action, target, line, hash)
         VALUES ${rows.map(() => '(?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
        rows.flat(),
      );
      if (isAdded) return lines.map(({ text: line, hash }) => ({ text: line, hash, isAsWritten: true }));
    }
    throw new DirectoryOverloadedError('too many instances add to the audit log');
  }

  async list({ limit, behind, order, actor, action, target }: AuditLogPage): Promise<KeptAuditLine[]> {
    const isNewestFirst = order === 'newest first';
    const wheres = [`sequence ${isNewestFirst ? '<' : '>'} ?`];
    const values: Parameter[] = [behind ?? (isNewestFirst ? Number.MAX_SAFE_INTEGER : 0)];
    const only = (column: string, value: string | undefined): void => {
      if (value === undefined) return;
      wheres.push(`${column} = ?`);
      values.push(value);
    };
    only('actor', actor);
    only('action', action);
    only('target', target);
    const rows = await this.database.read(
      `SELECT line, hash, sequence, at_us, actor, action, target FROM audit_log WHERE ${wheres.join(' AND ')}
       ORDER BY sequence ${isNewestFirst ? 'DESC' : 'ASC'} LIMIT ?`,
      [...values, limit],
    );
    return rows.map(kept);
  }

  /**
   * Deletes lines whose time is over, the oldest first; the last line of all stays.
   *
   * @returns how many it deleted
   */
  async deleteOld(olderThanMs: number): Promise<number> {
    const rows = await this.database.read(
      `SELECT sequence, at_us < ${this.database.statementNow} - ? FROM audit_log
       WHERE sequence > 0 ORDER BY sequence LIMIT ?`,
      [olderThanMs * 1_000, DELETED_MAX + 1],
    );
    const isYoung = rows.findIndex(([, isOld]) => integer(isOld) === 0);
    const old = rows.slice(0, isYoung < 0 ? rows.length - 1 : isYoung).slice(0, DELETED_MAX);
    const last = old.at(-1);
    return last ? this.database.write('DELETE FROM audit_log WHERE sequence <= ?', [integer(last[0])]) : 0;
  }

  async #head(): Promise<Head> {
    const { now } = this.database;
    const [last] = await this.database.read(
      `SELECT sequence, hash, ${now} FROM audit_log WHERE sequence > 0 ORDER BY sequence DESC LIMIT 1`,
    );
    if (last) return { sequence: integer(last[0]), hash: text(last[1]), atUs: integer(last[2]) };
    const [row] = await this.database.read(`SELECT ${now}`);
    return { sequence: 0, hash: NO_HASH, atUs: integer(row?.[0]) };
  }
}

interface Head {
  readonly sequence: number;
  readonly hash: string;
  /** Now, by the directory's clock. */
  readonly atUs: number;
}

interface ChainedLine {
  readonly line: AuditLine;
  readonly text: string;
  readonly hash: string;
  readonly atUs: number;
}

function chain(events: readonly AuditEvent[], { sequence, hash, atUs }: Head): ChainedLine[] {
  let previousHash = hash;
  return events.map((event, index) => {
    const at = new Date(atUs / 1_000).toISOString();
    const line = { ...event, sequence: sequence + 1 + index, at, previousHash };
    const lineText = auditLineText(line);
    previousHash = auditLineHash(lineText);
    return { line, text: lineText, hash: previousHash, atUs };
  });
}

function rowOf({ line, text: lineText, hash, atUs }: ChainedLine): Parameter[] {
  return [line.sequence, atUs, line.actor, line.action, line.target ?? null, lineText, hash];
}

function kept([line, hash, ...row]: readonly Cell[]): KeptAuditLine {
  const lineText = text(line);
  const { sequence, at, actor, action, target = null } = JSON.parse(lineText) as AuditLine;
  const [rowSequence, rowAtUs, ...others] = row;
  const isAsWritten =
    integer(rowSequence) === sequence &&
    Math.floor(integer(rowAtUs) / 1_000) === Date.parse(at) &&
    [actor, action, target].every((value, index) => others[index] === value);
  return { text: lineText, hash: text(hash), isAsWritten };
}
