import type { FastifyRequest } from 'fastify';

export const SESSION_COOKIE = 'hotsplit_console';

/** The console's page sends this header with every request. A page of another origin cannot, unless the service allowed it to. */
const CONSOLE_HEADER = 'x-hotsplit-console';

/** What a browser says of a request that the console's own page makes. */
const OWN_ORIGIN = 'same-origin';

/**
 * The session that a request shows. A cookie alone is none, because browsers send it along whoever made them ask: the request must
 * also carry the console's header, and must not come from another site by what the browser says.
 */
export function sessionTokenOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const { cookie } = headers;
  return cookie !== undefined && isOfConsole(headers) ? tokenIn(cookie) : undefined;
}

/** Whether the console's own page sent this. */
export function isOfConsole(headers: FastifyRequest['headers']): boolean {
  const site = headers['sec-fetch-site'];
  return headers[CONSOLE_HEADER] !== undefined && (site === undefined || site === OWN_ORIGIN);
}

function tokenIn(cookies: string): string | undefined {
  for (const part of cookies.split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === SESSION_COOKIE) return value;
  }
  return undefined;
}

/** @param token empty to have the browser forget the session */
export function sessionCookie(request: FastifyRequest, token: string, lastsSeconds: number): string {
  return [
    `${SESSION_COOKIE}=${token}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${lastsSeconds}`,
    ...(isSecure(request) ? ['Secure'] : []),
  ].join('; ');
}

/** A proxy in front that speaks TLS says so. Whoever says so falsely only keeps the cookie from being sent without TLS. */
function isSecure({ protocol, headers }: FastifyRequest): boolean {
  return protocol === 'https' || headers['x-forwarded-proto'] === 'https';
}

const SHOWN_BY_SESSION = Symbol('the key of this request is that of its session');

/** From here on the request shows the key that its session stands for. */
export function showKey(request: FastifyRequest, secret: string): void {
  request.headers.authorization = `Bearer ${secret}`;
  Object.assign(request, { [SHOWN_BY_SESSION]: true });
}

/** Whether the key that a request shows came from its session, and not with the request. */
export function isShownBySession(request: FastifyRequest): boolean {
  return SHOWN_BY_SESSION in request;
}
