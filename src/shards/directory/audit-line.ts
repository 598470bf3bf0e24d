import { createHash } from 'node:crypto';

/** What came of a call: `asked` before it is carried out, then one of the others. */
export type AuditOutcome = 'asked' | 'succeeded' | 'refused' | 'failed';

/** Something that somebody did, before it has its place in the log. */
export interface AuditEvent {
  /** The same in the line before the call and the one after it. */
  readonly callId: string;
  readonly outcome: AuditOutcome;
  /** The id of the key. */
  readonly actor: string;
  /** The address that the request came from; empty where it came from none. */
  readonly address: string;
  readonly door: 'rest' | 'grpc' | 'service';
  /** As the caller or the service named the request. */
  readonly requestId?: string;
  /** The call's name in the API. */
  readonly action: string;
  /** The account, key, shard or operation that was meant. */
  readonly target?: string;
  /** What was asked for, without secrets. */
  readonly request?: unknown;
  /** What was changed, as it was before. */
  readonly before?: unknown;
  /** What was answered, without secrets. */
  readonly after?: unknown;
  /** Why it was not carried out: a code of the catalog. */
  readonly code?: string;
}

/** A line of the log. */
export interface AuditLine extends AuditEvent {
  readonly sequence: number;
  /** RFC 3339, by the directory's clock. */
  readonly at: string;
  /** The hash of the line before; of the first one, 64 zeros. */
  readonly previousHash: string;
}

export const NO_HASH = '0'.repeat(64);

/**
 * The text of a line that is hashed: its JSON with the names of every object sorted and no blanks (as RFC 8785 has it for
 * what occurs here: strings, safe integers, booleans, null, lists and objects).
 */
export function auditLineText(line: AuditLine): string {
  return JSON.stringify(line, (_name, value: unknown) => sorted(value));
}

/** SHA-256 of the text, as hexadecimal digits. */
export function auditLineHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
