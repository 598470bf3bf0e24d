import type { Call } from '../contract/call';
import { shownSafely } from './shown-safely';
import type { AuditedCall } from './audit-trail';

/** Of the parts of a request that name what is meant, the first that is there. */
const TARGETS = ['webhookId', 'accountId', 'keyId', 'shard', 'operationId', 'name'] as const;

/** Calls whose `accountId` is a filter, and not what they change. */
const FILTERED: ReadonlySet<string> = new Set(['createWebhook', 'updateWebhook']);

/** Whether the log tells of a call: of all that needs the scope `admin`, and of changes to accounts. */
export function isAudited({ scope, audited = true }: Pick<Call, 'scope' | 'audited'>): boolean {
  return audited && (scope === 'admin' || scope === 'accounts');
}

/** A name for people may have any characters and any length: then it stands in what was asked for only. */
function isTarget(part: unknown): part is string {
  return typeof part === 'string' && /^[\x21-\x7e]{1,64}$/.test(part);
}

/** A call as the log tells of it. @param asked what came with it, by the names of the API */
export function auditedCall(
  { name, body }: Pick<Call, 'name' | 'body'>,
  asked: Readonly<Record<string, unknown>>,
  by: Pick<AuditedCall, 'actor' | 'address' | 'door' | 'requestId'>,
): AuditedCall {
  const { keyId, webhookId } = asked;
  const accountId = FILTERED.has(name) ? undefined : asked['accountId'];
  const named: Readonly<Record<string, unknown>> = { ...asked, accountId };
  const target = TARGETS.map((part) => named[part]).find(isTarget);
  const isRead = /^(get|list)[A-Z]/.test(name);
  return {
    ...by,
    action: name,
    ...(target !== undefined && { target }),
    ...(!isRead && body !== undefined && { request: shownSafely(asked) }),
    isRead,
    ...(typeof accountId === 'string' && { accountId }),
    ...(typeof keyId === 'string' && { keyId }),
    ...(typeof webhookId === 'string' && { webhookId }),
  };
}
