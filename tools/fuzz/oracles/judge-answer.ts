import { PROBLEMS } from '../../../src/contract/problem-catalog';
import type { AnswerSchemas } from '../description/answer-schemas';
import type { Arrival } from '../description/arrival';
import type { Request } from '../generate/request';
import type { Answer } from '../send/answer';
import type { Finding, FindingKind } from './finding';
import { leakIn, type Secrets, withoutAllowedCode } from './leaks';

export interface Court {
  readonly schemas: AnswerSchemas;
  readonly secrets: Secrets;
  /** Values that answers may show although they look like insides: the addresses of the service's own databases. */
  readonly shown: readonly string[];
}

export interface Case {
  /** None for what was no request. */
  readonly request: Request | undefined;
  readonly arrival: Arrival | undefined;
  readonly answer: Answer;
  /** Everything the client said. */
  readonly said: string;
}

/** Everything an answer must not be, whatever it answers. */
export function judgeAnswer(the: Case, court: Court): Finding[] {
  const { request, arrival, answer } = the;
  const where = arrival?.operation.id ?? 'elsewhere';
  const findings: Finding[] = [];
  const find = (kind: FindingKind, detail: string): void => void findings.push({ kind, where, detail });

  if (answer.status >= 500 && !isExplained(the))
    find('server error', `${answer.status} ${answer.text.slice(0, 300)}`);
  if (answer.status < 200 || answer.status > 599) find('not as described', `the status ${answer.status}`);
  const body = jsonOf(answer);
  const hasBody = request?.method !== 'HEAD';
  if (answer.status >= 400 && hasBody) {
    const fault = problemFault(answer, body);
    if (fault !== undefined) find('not a problem of the catalog', fault);
  }
  if (hasBody) {
    const fault = arrival ? described(arrival, answer, body, court) : undescribed(the);
    if (fault !== undefined) find('not as described', fault);
  }
  const leak = leakOf(the, body, court);
  if (leak !== undefined) find('leak', `${answer.status} shows ${leak}`);
  return findings;
}

/** A healthy service says 503 only where the request itself names a database that does not answer. */
function isExplained({ answer, said }: Case): boolean {
  return answer.status === 503 && answer.headers['retry-after'] !== undefined && said.includes('mysql:');
}

/** What keeps an error from being a problem of the catalog under its own status. */
function problemFault({ status, headers }: Answer, body: unknown): string | undefined {
  const type = headers['content-type'] ?? '';
  if (!type.startsWith('application/problem+json')) return `${status} with the content type "${type}"`;
  const { code, status: said, title, detail, type: uri } = (body ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string' || !Object.hasOwn(PROBLEMS, code))
    return `${status} with the code ${JSON.stringify(code)}`;
  const described = PROBLEMS[code as keyof typeof PROBLEMS];
  if (described.http !== status || said !== status)
    return `${code} with the status ${status}, ${JSON.stringify(said)} in the body`;
  if (title !== described.title || typeof detail !== 'string' || typeof uri !== 'string')
    return `${code} without title, detail or type`;
  return undefined;
}

function described(
  { operation }: Arrival,
  answer: Answer,
  body: unknown,
  { schemas }: Court,
): string | undefined {
  // The framework's own "no such route" for a path that only looks like the operation's.
  return schemas.fault(operation, {
    status: answer.status,
    contentType: answer.headers['content-type'] ?? '',
    body,
  });
}

/** Beside the operations there are the pages of the documentation and refusals. */
function undescribed({ request, answer }: Case): string | undefined {
  if (answer.status >= 400) return undefined;
  if (request && /^(http:\/\/[^/]*)?\/(docs|openapi\.json)/.test(request.target)) return undefined;
  return `${answer.status} where nothing is described`;
}

function leakOf(
  { answer, said, request }: Case,
  body: unknown,
  { secrets, shown }: Court,
): string | undefined {
  // The pages are files, and the description is public; neither is made from what the service knows.
  if (request && /\/(docs|openapi)/.test(request.target) && answer.status < 400) return undefined;
  // Metrics are for machines and name no client's values.
  const { key, code } = (body ?? {}) as Record<string, unknown>;
  let text = withoutAllowedCode(`${answer.text}\n${JSON.stringify(answer.headers)}`, code);
  if (answer.status === 201 && typeof key === 'string') text = text.replace(key, '');
  for (const value of shown) text = text.replaceAll(value, '');
  // Metrics count the errors of databases by their codes: that is what they are for.
  return leakIn(text.replace(/^hotsplit_database_errors_total\{.*$/gm, ''), secrets, said);
}

export function jsonOf({ headers, text }: Answer): unknown {
  if (!/json/.test(headers['content-type'] ?? '')) return text === '' ? undefined : text;
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? undefined : text;
  }
}
