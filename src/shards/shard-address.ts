/** A configured database: the name it goes by and where it is. */
export interface ShardAddress {
  readonly name: string;
  readonly location: Location;
}

export type Location =
  { readonly kind: 'mysql'; readonly url: string } | { readonly kind: 'sqlite'; readonly path: string };

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * Reads `[name=]URL` with `mysql://user:pw@host:port/db` or `sqlite:path`. Without a name, the shard is called by its
 * place in the list: `s0`, `s1`, …
 *
 * @throws RangeError saying what is wrong, without quoting anything: a badly written URL may have its password anywhere
 */
export function parseShardAddress(value: string, position: number): ShardAddress {
  const named = /^([^=:/]+)=(.*)$/s.exec(value);
  const name = named?.[1] ?? `s${position}`;
  if (!NAME.test(name))
    throw new RangeError(`a shard's name, before "=", is 1–64 of letters, digits, "_" and "-"`);
  return { name, location: parseLocation(named?.[2] ?? value) };
}

export function parseLocation(value: string): Location {
  if (value.startsWith('sqlite:')) {
    const path = value.slice('sqlite:'.length);
    if (path === '') throw new RangeError('"sqlite:" needs the path of a file');
    return { kind: 'sqlite', path };
  }
  if (!URL.canParse(value))
    throw new RangeError('neither mysql://user:password@host:port/database nor sqlite:path');
  const url = new URL(value);
  if (url.protocol !== 'mysql:') throw new RangeError('only mysql:// and sqlite: are supported');
  if (url.hostname === '') throw new RangeError('the mysql:// URL names no host');
  if (!/^\/[^/@]+$/.test(url.pathname))
    throw new RangeError('the mysql:// URL names no database (…/database)');
  for (const part of [url.username, url.password, url.pathname]) {
    if (!isDecodable(part)) throw new RangeError('the mysql:// URL has a "%" that begins no escape');
  }
  return { kind: 'mysql', url: value };
}

function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** The location as it may be logged: without credentials. */
export function withoutSecrets(location: Location): string {
  if (location.kind === 'sqlite') return `sqlite:${location.path}`;
  const { hostname, port, pathname } = new URL(location.url);
  return `mysql://${hostname}:${port || '3306'}${pathname}`;
}
