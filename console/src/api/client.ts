/** What an answer of the service says of a request that was not carried out: RFC 9457. */
export interface ProblemBody {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly rule: string }[];
}

/** A request that was refused, or that did not reach the service (`code` is `UNREACHABLE`). */
export class Refusal extends Error {
  constructor(readonly problem: ProblemBody) {
    super(problem.detail ?? problem.title);
  }

  get code(): string {
    return this.problem.code;
  }

  /** The key lacks a scope, or is limited to some accounts. */
  get isForbidden(): boolean {
    return this.problem.status === 403;
  }

  /** The rules that the request broke, by field. */
  get faults(): string {
    return (this.problem.errors ?? []).map(({ field, rule }) => `${field}: ${rule}`).join('; ');
  }
}

export interface Answer<Body> {
  readonly body: Body;
  readonly etag: string | undefined;
}

/** No answer is waited for longer. */
const ANSWER_MS_MAX = 30_000;

/** Told when the service says that the session is over. */
let sessionEnded: () => void = () => undefined;
export function onSessionEnd(told: () => void): void {
  sessionEnded = told;
}

export interface RequestOptions {
  readonly json?: unknown;
  readonly ifMatch?: string | undefined;
  readonly key?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the service. The session travels in a cookie that this page cannot read; the header shows that this page asks, which
 * pages of other origins cannot send.
 *
 * @throws Refusal
 */
export async function ask<Body>(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<Body>> {
  const { json, ifMatch, key, signal } = options;
  const deadline = AbortSignal.timeout(ANSWER_MS_MAX);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      headers: {
        'x-hotsplit-console': '1',
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal({ title: 'The service cannot be reached', status: 0, code: 'UNREACHABLE' });
  }
  if (!response.ok) throw await refusalOf(response, key === undefined);
  return { body: await bodyOf<Body>(response), etag: response.headers.get('etag') ?? undefined };
}

async function bodyOf<Body>(response: Response): Promise<Body> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return (isJson && text !== '' ? JSON.parse(text) : text) as Body;
}

async function refusalOf(response: Response, isSession: boolean): Promise<Refusal> {
  const fallback = {
    title: `The service answered ${response.status}`,
    status: response.status,
    code: 'UNKNOWN',
  };
  const problem = (await response.json().catch(() => fallback)) as ProblemBody;
  if (response.status === 401 && isSession) sessionEnded();
  return new Refusal(problem);
}

export async function get<Body>(path: string, signal?: AbortSignal): Promise<Body> {
  return (await ask<Body>('GET', path, { signal })).body;
}

export async function post<Body>(path: string, json?: unknown): Promise<Body> {
  return (await ask<Body>('POST', path, { json })).body;
}

/** A part of a path. */
export const part = encodeURIComponent;

/** A query of what is given; empty values are left out. */
export function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  const query = new URLSearchParams(given as [string, string][]).toString();
  return query === '' ? '' : `?${query}`;
}
