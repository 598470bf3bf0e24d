import { auditedCall } from '../../audit-log/audited-call';
import type { AuditedEnd, AuditTrail } from '../../audit-log/audit-trail';
import type { Call } from '../../contract/call';
import { Problem } from '../../contract/problem';
import type { ApiKeys } from '../../platform/api-keys';
import { type Caller, keyIdIn } from '../admit';
import { codecOf } from './wire';
import type { Principal } from '../../platform/principal';

interface MessageCall {
  /** The method's name; its messages are called after it. */
  readonly method: string;
  readonly call: Call;
  readonly request: object;
  readonly caller: Principal;
  readonly address: string;
  readonly requestId: string;
}

/** Carries a method of administrators out, with its lines in the audit log; see `AuditTrail`. */
export async function audited<Answer extends object>(
  trail: AuditTrail,
  { method, call, request, caller, address, requestId }: MessageCall,
  answer: () => Answer | Promise<Answer>,
): Promise<Answer> {
  const asked = codecOf(`hotsplit.v1.${method}Request`).inWords(request);
  const end = await trail.begin(
    auditedCall(call, asked, { actor: caller.keyId, address, door: 'grpc', requestId }),
  );
  try {
    const given = await answer();
    end(
      given instanceof Problem
        ? endOf(given)
        : { outcome: 'succeeded', after: codecOf(`hotsplit.v1.${method}Response`).inWords(given) },
    );
    return given;
  } catch (error) {
    end(error instanceof Problem ? endOf(error) : { outcome: 'failed' });
    throw error;
  }
}

/** Refused at the door: a key that may not do this. */
export function noteDenied(
  { trail, keys }: { readonly trail: AuditTrail; readonly keys: ApiKeys },
  { problem, call, from }: { readonly problem: Problem; readonly call: Call; readonly from: Caller },
): void {
  const { code } = problem;
  if (code !== 'PERMISSION_DENIED') return;
  const actor = keyIdIn(from.authorization, keys);
  trail.note({ outcome: 'refused', actor, address: from.address(), door: 'grpc', action: call.name, code });
}

function endOf({ status, code }: Problem): AuditedEnd {
  return { outcome: status < 500 ? 'refused' : 'failed', code };
}
