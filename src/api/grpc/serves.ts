import { isAudited } from '../../audit-log/audited-call';
import { type Call, usesAccount } from '../../contract/call';
import type { Permission } from '../../platform/principal';
import type { UnaryMethod } from './unary';

/** A method that serves a call of the contract: called as the call is, and needing what the call needs. */
export function serves<Request extends object>(
  call: Call & { readonly scope: Permission },
  answer: UnaryMethod<Request>['answer'],
): UnaryMethod<Request> {
  const { name, scope, limitsKept, rows, deductions, bodyBytesMax } = call;
  return {
    name: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    scope,
    ...(isAudited(call) && { audited: call }),
    ...(limitsKept && { limitsKept }),
    ...(rows !== undefined && { rows }),
    ...(deductions && { deductions }),
    ...(usesAccount(call) && { usesAccount: true }),
    ...(bodyBytesMax !== undefined && { bytesMax: bodyBytesMax }),
    answer,
  };
}
