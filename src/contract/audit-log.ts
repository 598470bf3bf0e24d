import { type Call, pageOf, queryOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import * as fields from './fields';

export const AUDIT_ORDERS = ['desc', 'asc'] as const;

export const auditLogLine = {
  $id: 'AuditLogLine',
  type: 'object',
  required: [
    'sequence',
    'at',
    'callId',
    'outcome',
    'actor',
    'address',
    'door',
    'action',
    'previousHash',
    'hash',
  ],
  properties: {
    sequence: { type: 'integer', description: 'Its place; without gaps.' },
    at: fields.timeOut,
    callId: { type: 'string', description: 'The same in the line before a call and the one after it.' },
    outcome: {
      type: 'string',
      enum: ['asked', 'succeeded', 'refused', 'failed'],
      description:
        '`asked`: written before the call was carried out. Then what it came to; `failed` may have taken effect.',
    },
    actor: { type: 'string', description: 'The id of the key.' },
    address: { type: 'string' },
    door: { type: 'string', enum: ['rest', 'grpc', 'service'] },
    requestId: { type: 'string' },
    action: { type: 'string', description: 'The `operationId` of the call.' },
    target: { type: 'string', description: 'The account, key, shard or operation that was meant.' },
    request: { description: 'What was asked for, without secrets.' },
    before: { description: 'The account or key before the change.' },
    after: { description: 'What was answered, without secrets.' },
    code: { type: 'string', description: 'Why it was not carried out.' },
    previousHash: { type: 'string', description: 'The hash of the line before.' },
    altered: {
      type: 'boolean',
      description:
        'Somebody changed what lists are filtered by, beside the line. Absent where all is as it was written.',
    },
    hash: {
      type: 'string',
      description:
        'SHA-256 of this line as JSON, without `hash` and `altered`, with all names sorted and no blanks (RFC 8785), in hexadecimal.',
    },
  },
} as const;

interface KeptLine {
  readonly text: string;
  readonly hash: string;
  readonly isAsWritten: boolean;
}

/** The lines as they are kept: what was hashed is answered as it is. */
export function auditLogLineView({ text, hash, isAsWritten }: KeptLine) {
  const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return { ...line, hash, ...(!isAsWritten && { altered: true }) };
}

export const listAuditLog = {
  name: 'listAuditLog',
  summary: 'List what administrators did',
  description:
    'The newest first, unless `order` is `asc`. Every change has two lines: one before it was carried out, one that says what it ' +
    'came to. Reads of one kind by one key have one line an hour.',
  group: 'admin',
  scope: 'admin',
  rows: PAGE_LENGTH_DEFAULT,
  query: queryOf({
    cursor: fields.cursor,
    limit: fields.limit,
    actor: {
      type: 'string',
      minLength: 1,
      maxLength: 32,
      description: 'Only lines of the key with this id.',
    },
    action: { type: 'string', minLength: 1, maxLength: 64, description: 'Only calls of this `operationId`.' },
    target: { type: 'string', minLength: 1, maxLength: 64, description: 'Only calls that meant this.' },
    order: { type: 'string', enum: AUDIT_ORDERS, default: 'desc' },
  }),
  answers: { 200: pageOf(auditLogLine, 'A page of the log.') },
} as const satisfies Call;
