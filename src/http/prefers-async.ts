/**
 * Whether a `Prefer` header (RFC 7240) asks for an answer before the work is done. The preference has no value: one that is given a
 * value says something that nobody has defined, and is ignored. Of a preference that comes twice the first counts.
 */
export function prefersAsync(prefer: string | undefined): boolean {
  if (prefer === undefined) return false;
  const asked = PREFERENCE.exec(
    prefer.replace(QUOTED, (quoted) => (quoted === NOTHING ? NOTHING : '"something"')),
  );
  return asked !== null && (asked[1] === undefined || asked[1] === NOTHING);
}

const NOTHING = '""';
/** Commas and semicolons within quotes are part of a value. An empty value is none. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g;
const PREFERENCE = /(?:^|,)[ \t]*respond-async[ \t]*(?:=[ \t]*([^,; \t]*)[ \t]*)?(?=[,;]|$)/i;

/** The header by which an answer says that it did as was preferred. */
export const ASYNC_APPLIED = ['preference-applied', 'respond-async'] as const;
