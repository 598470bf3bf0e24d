import type { AnonymousThrottle } from '../platform/anonymous-throttle';
import type { ApiKeys, Remembered } from '../platform/api-keys';
import { type Permission, type Principal, reaches, scopesFor } from '../platform/principal';
import { RETRY_AFTER_SECONDS } from './outcome-problem';
import { AccessProblem } from './access-problem';
import { type Problem } from '../contract/problem';

const BEARER = /^Bearer ([\x21-\x7E]{1,512})$/i;

/** Who keeps the doors. */
export interface Doorkeepers {
  readonly keys: ApiKeys;
  readonly throttle: AnonymousThrottle;
}

/** Who was let in, or the problem with whoever was not. */
export type Admitted = Principal | Problem;

/** Where a request comes from, as far as it matters before its key is known. */
export interface Caller {
  readonly authorization: string | undefined;
  /** Asked for only when it shows no known key. */
  readonly address: () => string;
}

/**
 * Whether a caller may do what needs a permission: who it is, or the problem. A key that is remembered costs no promise. Whoever
 * shows none that is known is slowed down by address. Rejects with `DirectoryUnavailableError` when a key that is not
 * remembered cannot be looked up.
 */
export function admit(
  { keys, throttle }: Doorkeepers,
  { authorization, address }: Caller,
  permission: Permission,
): Admitted | Promise<Admitted> {
  const secret = secretIn(authorization);
  const remembered = secret === undefined ? 'unknown' : keys.peek(secret);
  if (typeof remembered === 'object') return allowed(remembered, permission);
  if (secret !== undefined && remembered === 'recheck') return authenticated(keys, secret, permission);
  const passed = throttle.pass(address());
  if (passed === false) return tooMany();
  const judge = (): Problem | Promise<Admitted> => {
    if (secret === undefined)
      return new AccessProblem('noKey', { detail: 'Send the header Authorization: Bearer <key>.' });
    return remembered === 'unknown' ? unknownKey() : authenticated(keys, secret, permission);
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

/** The id of the key that a header shows; empty where none is known here. */
export function keyIdIn(authorization: string | undefined, keys: ApiKeys): string {
  const secret = secretIn(authorization);
  const remembered = secret === undefined ? 'unknown' : keys.peek(secret);
  return typeof remembered === 'object' ? remembered.keyId : '';
}

function secretIn(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? '')?.[1];
}

async function authenticated(keys: ApiKeys, secret: string, permission: Permission): Promise<Admitted> {
  const principal = await keys.authenticate(secret);
  return principal ? allowed(principal, permission) : unknownKey();
}

function allowed(principal: Principal, permission: Permission): Admitted {
  return principal.permissions.has(permission) ? principal : lacking(permission);
}

/** What a caller is told whose key may not do something. */
export function lacking(permission: Permission): Problem {
  const scopes = scopesFor(permission).map((scope) => `"${scope}"`);
  return new AccessProblem('scope', {
    detail: `This needs a key with the scope ${scopes.join(' or ')}.`,
  });
}

/** The problem with an account that the key's limits leave out, whether there is such an account or not. */
export function outOfReach(principal: Principal, accountId: string): Problem | undefined {
  if (reaches(principal, accountId)) return undefined;
  return new AccessProblem('account', { detail: 'The key is limited to other accounts.' });
}

/**
 * Who pays from one account to another must reach both: a limited key could otherwise find out which accounts there are, and
 * send money where nobody meant it to.
 *
 * @throws Problem PERMISSION_DENIED
 */
export function mayTransfer(
  principal: Principal,
  { from, to }: { readonly from: string; readonly to: string },
): void {
  const refusal = outOfReach(principal, from) ?? outOfReach(principal, to);
  if (refusal) throw refusal;
}

/** Whether a key's limits let it see an operation: one of an account that it reaches. */
export function mayFollow(
  principal: Principal,
  { accountId }: { readonly accountId: string | null },
): boolean {
  return accountId === null ? principal.accounts === null : reaches(principal, accountId);
}

/** What concerns the whole installation is not for keys that are limited to some accounts. */
export function notForLimited({ accounts }: Principal): Problem | undefined {
  if (accounts === null) return undefined;
  const detail = 'This concerns all accounts, and the key is limited to some.';
  return new AccessProblem('account', { detail });
}

/**
 * An opening balance is money that comes in: who makes accounts may not bring it for that alone.
 *
 * @throws Problem PERMISSION_DENIED
 */
export function mayOpenWithMoney(principal: Principal): void {
  if (!principal.permissions.has('credit')) throw lacking('credit');
}

function unknownKey(): Problem {
  return new AccessProblem('unknownKey', { detail: 'The key is not known, or has expired.' });
}

function tooMany(): Problem {
  return new AccessProblem('tooMany', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
