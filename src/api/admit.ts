import type { ApiKeys, Principal } from '../platform/api-keys';
import type { Scope } from '../shards/directory/directory';
import { Problem } from './problem';

const BEARER = /^Bearer ([\x21-\x7E]{1,512})$/i;

/**
 * Whether who sent an `authorization` may do what needs a scope: nothing, or the problem. A key that is remembered costs no
 * promise. Rejects with `DirectoryUnavailableError` when a key that is not remembered cannot be looked up.
 */
export function admit(
  keys: ApiKeys,
  authorization: string | undefined,
  scope: Scope,
): Problem | undefined | Promise<Problem | undefined> {
  const secret = BEARER.exec(authorization ?? '')?.[1];
  if (secret === undefined)
    return new Problem('UNAUTHENTICATED', { detail: 'Send the header Authorization: Bearer <key>.' });
  const remembered = keys.peek(secret);
  if (remembered !== null) return problemFor(remembered, scope);
  return keys.authenticate(secret).then((principal) => problemFor(principal, scope));
}

function problemFor(principal: Principal | undefined, scope: Scope): Problem | undefined {
  if (!principal) return new Problem('UNAUTHENTICATED', { detail: 'The key is not known.' });
  if (principal.scopes.has(scope) || principal.scopes.has('admin')) return undefined;
  return new Problem('PERMISSION_DENIED', { detail: `This needs a key with the scope "${scope}".` });
}
