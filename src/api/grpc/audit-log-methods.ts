import { Injectable } from '@nestjs/common';
import { AuditLogService } from '../../audit-log/audit-log.service';
import { AUDIT_ORDERS, listAuditLog } from '../../contract/audit-log';
import { decodeCountCursor, encodeCursor, pageLength } from '../../contract/cursors';
import { Problem } from '../../contract/problem';
import type { AuditLine } from '../../shards/directory/audit-line';
import type { KeptAuditLine } from '../../shards/directory/audit-log-store';
import { checked, checkOf, type SaidIn } from './check';
import type { ListAuditLogRequest } from './messages';
import { own } from './read-requests';
import { serves } from './serves';
import { timestampOf } from './timestamp';
import type { UnaryMethod } from './unary';
import { enumValue } from './views';
import { enumOf } from './wire';

const isPage = checkOf<SaidIn<typeof listAuditLog>>(listAuditLog);

const OUTCOMES = enumOf('hotsplit.v1.AuditOutcome');
const ORDERS = enumOf('hotsplit.v1.ListOrder');

/** Who administered the installation. */
@Injectable()
export class AuditLogMethods {
  constructor(private readonly auditLog: AuditLogService) {}

  methods(): UnaryMethod[] {
    return [this.#list()];
  }

  #list(): UnaryMethod {
    const answer = async (message: ListAuditLogRequest): Promise<object> => {
      const { cursor, limit, actor, action, target } = checked(isPage, {
        ...own(message, 'cursor'),
        ...own(message, 'actor'),
        ...own(message, 'action'),
        ...own(message, 'target'),
        ...(Object.hasOwn(message, 'limit') && { limit: String(message.limit) }),
      });
      const { lines, next } = await this.auditLog.list({
        limit: pageLength(limit),
        behind: decodeCountCursor(cursor),
        order: orderOf(message.order) === 'asc' ? 'oldest first' : 'newest first',
        actor,
        action,
        target,
      });
      return { items: lines.map(view), nextCursor: next === undefined ? undefined : encodeCursor(next) };
    };
    return serves(listAuditLog, answer);
  }
}

function orderOf(value: number): (typeof AUDIT_ORDERS)[number] {
  const order =
    value === 0 ? 'desc' : AUDIT_ORDERS.find((each) => enumValue(ORDERS, 'LIST_ORDER', each) === value);
  if (order !== undefined) return order;
  const rule = `one of ${Object.keys(ORDERS).join(', ')}`;
  throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'order', rule }] });
}

function view({ text, hash, isAsWritten }: KeptAuditLine) {
  const { sequence, at, outcome, actor, action, target } = JSON.parse(text) as AuditLine;
  return {
    sequence,
    at: timestampOf(Date.parse(at) * 1_000),
    outcome: enumValue(OUTCOMES, 'AUDIT_OUTCOME', outcome),
    actor,
    action,
    target,
    line: text,
    hash,
    altered: !isAsWritten,
  };
}
