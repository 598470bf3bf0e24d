import type { AnonymousThrottle } from '../platform/anonymous-throttle';
import type { ApiKeys, Principal, Remembered } from '../platform/api-keys';
import type { Scope } from '../shards/directory/directory';
import { RETRY_AFTER_SECONDS } from './outcome-problem';
import { Problem } from './problem';

const BEARER = /^Bearer ([\x21-\x7E]{1,512})$/i;

/** Who keeps the doors. */
export interface Doorkeepers {
  readonly keys: ApiKeys;
  readonly throttle: AnonymousThrottle;
}

/** Where a request comes from, as far as it matters before its key is known. */
export interface Caller {
  readonly authorization: string | undefined;
  /** Asked for only when it shows no known key. */
  readonly address: () => string;
}

/**
 * Whether a caller may do what needs a scope: nothing, or the problem. A key that is remembered costs no promise. Whoever
 * shows none that is known is slowed down by address. Rejects with `DirectoryUnavailableError` when a key that is not
 * remembered cannot be looked up.
 */
export function admit(
  { keys, throttle }: Doorkeepers,
  { authorization, address }: Caller,
  scope: Scope,
): Problem | undefined | Promise<Problem | undefined> {
  const secret = secretIn(authorization);
  const remembered = secret === undefined ? 'unknown' : keys.peek(secret);
  if (typeof remembered === 'object') return problemFor(remembered, scope);
  if (secret !== undefined && remembered === 'recheck') return authenticated(keys, secret, scope);
  const passed = throttle.pass(address());
  if (passed === false) return tooMany();
  const judge = (): Problem | Promise<Problem | undefined> => {
    if (secret === undefined)
      return new Problem('UNAUTHENTICATED', { detail: 'Send the header Authorization: Bearer <key>.' });
    return remembered === 'unknown' ? unknownKey() : authenticated(keys, secret, scope);
  };
  return passed === true ? judge() : passed.then(judge);
}

/** The same where no key is needed: only those without a known one are slowed down. */
export function admitAnybody(
  { keys, throttle }: Doorkeepers,
  { authorization, address }: Caller,
  heldMsMax?: number,
): Problem | undefined | Promise<undefined> {
  const secret = secretIn(authorization);
  if (secret !== undefined && isKnown(keys.peek(secret))) return undefined;
  const passed = throttle.pass(address(), heldMsMax);
  if (passed === false) return tooMany();
  return passed === true ? undefined : passed.then(() => undefined);
}

function isKnown(remembered: Remembered): boolean {
  return typeof remembered === 'object' || remembered === 'recheck';
}

function secretIn(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? '')?.[1];
}

async function authenticated(keys: ApiKeys, secret: string, scope: Scope): Promise<Problem | undefined> {
  return problemFor(await keys.authenticate(secret), scope);
}

function problemFor(principal: Principal | undefined, scope: Scope): Problem | undefined {
  if (!principal) return unknownKey();
  if (principal.scopes.has(scope) || principal.scopes.has('admin')) return undefined;
  return new Problem('PERMISSION_DENIED', { detail: `This needs a key with the scope "${scope}".` });
}

function unknownKey(): Problem {
  return new Problem('UNAUTHENTICATED', { detail: 'The key is not known.' });
}

function tooMany(): Problem {
  return new Problem('RATE_LIMITED', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
