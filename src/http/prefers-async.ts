/** Whether a `Prefer` header (RFC 7240) asks for an answer before the work is done. */
export function prefersAsync(prefer: string | undefined): boolean {
  if (prefer === undefined) return false;
  return prefer.split(',').some((each) => /^\s*respond-async\s*(;|=|$)/i.test(each));
}

/** The header by which an answer says that it did as was preferred. */
export const ASYNC_APPLIED = ['preference-applied', 'respond-async'] as const;
