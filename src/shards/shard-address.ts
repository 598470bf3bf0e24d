/** A configured database: the name it goes by and where it is. */
export interface ShardAddress {
  readonly name: string;
  readonly location: Location;
}

export type Location =
  { readonly kind: 'mysql'; readonly url: string } | { readonly kind: 'sqlite'; readonly path: string };

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Nodes that one URL may name. */
const HOSTS_MAX = 16;

/**
 * Splits a list of addresses at its commas. A URL with several hosts has commas of its own: a part belongs to the URL before it
 * where that is a `mysql://` URL whose hosts have not ended yet (no `/` came), and the part has neither a name nor a scheme nor credentials.
 */
export function splitAddresses(list: string): string[] {
  const addresses: string[] = [];
  for (const part of list.split(',').map((each) => each.trim())) {
    const before = addresses.at(-1);
    const isHost = before !== undefined && /^([^=:/]+=)?mysql:\/\/[^/]*$/.test(before);
    if (isHost && !/^[^=:/]+=|:\/\/|^sqlite:|^[^/]*@/.test(part))
      addresses[addresses.length - 1] = `${before},${part}`;
    else addresses.push(part);
  }
  return addresses;
}

/**
 * Reads `[name=]URL` with `mysql://user:pw@host:port/db` or `sqlite:path`. Without a name, the shard is called by its
 * place in the list: `s0`, `s1`, … The URL of a cluster names its nodes: `mysql://user:pw@host:port,host:port/db`.
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
    const [parameter] = /[?#].*/s.exec(path) ?? [];
    if (parameter !== undefined)
      throw new RangeError(
        `a sqlite: URL has no parameters, and no "?" or "#" in its path; this one has ${shown(parameter.slice(1).split('=')[0] ?? '', parameter)}`,
      );
    return { kind: 'sqlite', path };
  }
  const nodes = nodeUrls(value);
  for (const node of nodes) checkMysqlUrl(node);
  if (nodes.length > HOSTS_MAX) throw new RangeError(`the mysql:// URL names more than ${HOSTS_MAX} hosts`);
  if (new Set(nodes.map(hostOf)).size < nodes.length)
    throw new RangeError('the mysql:// URL names a host twice');
  return { kind: 'mysql', url: value };
}

/** The URL of each node that a `mysql://` URL names, in its order; mostly there is one. */
export function nodeUrls(url: string): string[] {
  const parts = /^(mysql:\/\/(?:[^/]*@)?)([^/@]*)(.*)$/s.exec(url);
  if (!parts) return [url];
  const [, before = '', hosts = '', behind = ''] = parts;
  return hosts.split(',').map((host) => `${before}${host}${behind}`);
}

/** A host that databases may be on; without a port, on any of its ports. */
export interface AllowedHost {
  readonly host: string;
  readonly port?: number | undefined;
}

/** The hosts of a `mysql://` URL, in small letters and without brackets. */
export function nodeHosts(url: string): Required<AllowedHost>[] {
  return nodeUrls(url).map((node) => {
    const { hostname, port } = new URL(node);
    return { host: plainHost(hostname), port: port ? Number(port) : 3306 };
  });
}

/**
 * Reads `host,host:port,[::1]:port`.
 *
 * @throws RangeError
 */
export function parseAllowedHosts(list: string): AllowedHost[] {
  return list.split(',').map((entry) => {
    const [, host, port] =
      /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?$/.exec(entry.trim()) ?? [];
    if (host === undefined)
      throw new RangeError('each entry is host or host:port, an IPv6 address in brackets');
    return { host: plainHost(host), port: port === undefined ? undefined : Number(port) };
  });
}

function plainHost(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}

function checkMysqlUrl(value: string): void {
  if (!URL.canParse(value))
    throw new RangeError('neither mysql://user:password@host:port/database nor sqlite:path');
  const url = new URL(value);
  if (url.protocol !== 'mysql:') throw new RangeError('only mysql:// and sqlite: are supported');
  if (url.hostname === '') throw new RangeError('the mysql:// URL names no host');
  if (!/^\/[^/@]+$/.test(url.pathname))
    throw new RangeError('the mysql:// URL names no database (…/database)');
  checkParameters(url);
  for (const part of [url.username, url.password, url.pathname]) {
    if (!isDecodable(part)) throw new RangeError('the mysql:// URL has a "%" that begins no escape');
  }
}

const TLS_FILES = ['ssl-ca', 'ssl-cert', 'ssl-key'] as const;
const PARAMETERS: readonly string[] = ['ssl', ...TLS_FILES];

/** A parameter that was ignored would leave a connection in plain text whose URL asks for TLS in another driver's words. */
function checkParameters(url: URL): void {
  if (url.hash !== '')
    throw new RangeError('the mysql:// URL has a "#", which a name or a password has as %23');
  const { searchParams } = url;
  for (const name of searchParams.keys()) {
    if (!PARAMETERS.includes(name))
      throw new RangeError(
        `the mysql:// URL has ${shown(name, url.search)}, which hotsplit does not know; it knows ${PARAMETERS.join(', ')}`,
      );
    if (searchParams.getAll(name).length > 1)
      throw new RangeError(`the mysql:// URL has the parameter ${name} twice`);
  }
  const ssl = searchParams.get('ssl');
  if (ssl !== null && ssl !== 'true' && ssl !== 'false')
    throw new RangeError('the parameter ssl of the mysql:// URL is true or false');
  for (const name of TLS_FILES) {
    if (!searchParams.has(name)) continue;
    if (ssl !== 'true') throw new RangeError(`the parameter ${name} of the mysql:// URL needs ssl=true`);
    if (searchParams.get(name) === '')
      throw new RangeError(`the parameter ${name} of the mysql:// URL needs the path of a file`);
  }
  if (searchParams.has('ssl-cert') !== searchParams.has('ssl-key'))
    throw new RangeError('the mysql:// URL needs ssl-cert and ssl-key together');
}

/** A parameter by its name, unless what looks like one may be a part of a password that was not escaped. */
function shown(name: string, query: string): string {
  return /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/.test(name) && !query.includes('@')
    ? `the parameter "${name}"`
    : 'a parameter';
}

/** The PEM files that a URL with TLS names; nothing for a URL without TLS. */
export function tlsFilesOf(
  url: string,
): { readonly [part in 'ca' | 'cert' | 'key']: string | undefined } | undefined {
  const { searchParams } = new URL(nodeUrls(url)[0] as string);
  if (searchParams.get('ssl') !== 'true') return undefined;
  const file = (name: string): string | undefined => searchParams.get(name) ?? undefined;
  return { ca: file('ssl-ca'), cert: file('ssl-cert'), key: file('ssl-key') };
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
  const nodes = nodeUrls(location.url);
  return `mysql://${nodes.map(hostOf).join(',')}${new URL(nodes[0] as string).pathname}`;
}

function hostOf(nodeUrl: string): string {
  const { hostname, port } = new URL(nodeUrl);
  return `${hostname}:${port || '3306'}`;
}
