import { randomBytes } from 'node:crypto';
import type { Span } from '../shards/span';

/** How one call of a client is named in its answer and in the log; at the other door these are metadata. */
export interface CallNames {
  /** The client's `X-Request-Id`, or one of our own. Not the request id of a deduction, which is its key. */
  readonly callId: string;
  /** The client's `traceparent` (W3C Trace Context), where it sent one. */
  readonly traceParent: string | undefined;
  /** Of the call, where it is traced. */
  readonly span?: Span | undefined;
}

export const CALL_ID_HEADER = 'x-request-id';
export const TRACE_PARENT_HEADER = 'traceparent';

/** Nothing that could end a line or a header, or that grows without bound: it is repeated in answers and in the log. */
const CALL_ID = /^[A-Za-z0-9_.:;=+/-]{1,128}$/;
/** Later versions may say more behind a further dash, which is not passed on. */
const TRACE_PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const TRACE_PARENT_LENGTH = 55;
const TRACE_PARENT_LENGTH_MAX = 512;

/** Drawn once a process: a number behind it costs a deduction less than random bytes of its own. */
const PROCESS = randomBytes(9).toString('base64url');
let made = 0;

/** The id that a client gave its call, or a new one where it gave none or one that may not be repeated. */
export function callIdOf(said: unknown): string {
  if (typeof said === 'string' && CALL_ID.test(said)) return said;
  made += 1;
  return `${PROCESS}-${made.toString(36)}`;
}

/** A well-formed `traceparent`, as version 00 has it; `undefined` where there is none. */
export function traceParentOf(said: unknown): string | undefined {
  if (typeof said !== 'string' || said.length > TRACE_PARENT_LENGTH_MAX) return undefined;
  const [, version, traceId = '', parentId = '', more] = TRACE_PARENT.exec(said) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return `00${said.slice(2, TRACE_PARENT_LENGTH)}`;
}

/** A call's names as fields of a log line. */
export function namesLogged({ callId, traceParent }: CallNames): Readonly<Record<string, string>> {
  const [, traceId] = traceParent?.split('-') ?? [];
  return { xRequestId: callId, ...(traceId !== undefined && { traceId }) };
}
