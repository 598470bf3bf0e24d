/** Fields that carry secrets, at whatever depth. */
const SECRET = new Set(['key', 'secret', 'password']);
/** More than any answer or request of an administrator has, apart from lists of hundreds of shards. */
const TEXT_LENGTH_MAX = 4_096;
const LEFT_OUT = '(secret)';

/**
 * What was asked for or answered, as it may be kept: without secrets, and no larger than a line should be.
 */
export function shownSafely(value: unknown): unknown {
  const text = JSON.stringify(value, (name, each: unknown) => {
    if (typeof each === 'bigint') return each.toString();
    if (name === 'url' && typeof each === 'string') return shownAddress(each);
    if (SECRET.has(name) && typeof each === 'string') return LEFT_OUT;
    return each;
  }) as string | undefined;
  if (text === undefined) return undefined;
  return text.length > TEXT_LENGTH_MAX
    ? { leftOut: `${text.length} characters` }
    : (JSON.parse(text) as unknown);
}

/**
 * Of the address of a receiver, where events go: scheme, host and port, and how many parts the path has. Receivers put secrets into paths
 * and queries. Other addresses, of databases above all, may have a password anywhere, and a mistyped one has it where a host should be.
 */
function shownAddress(url: string): string {
  const isOfReceiver = /^https?:\/\/[a-z0-9.[\]:-]+([/?#]|$)/i.test(url) && URL.canParse(url);
  if (!isOfReceiver) return LEFT_OUT;
  const { protocol, host, pathname, search } = new URL(url);
  return `${protocol}//${host}${pathname.replace(/[^/]+/g, '*')}${search === '' ? '' : '?*'}`;
}
