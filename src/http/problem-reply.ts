import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifySchemaValidationError } from 'fastify';
import type { EngineObserver } from '../engine/observer';
import { problemOfFault } from '../api/fault-problem';
import { type FieldFault, Problem } from '../contract/problem';
import type { ProblemCode } from '../contract/problem-catalog';
import { fieldFaults } from '../contract/field-faults';
import { CALL_ID_HEADER, callIdOf } from '../platform/call-names';
import { keyIdOf } from './call-names';

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** How much of a body that is too large is read and thrown away, for the client to hear the answer. */
const DISCARDED_BYTES_MAX = 16 * 1024 * 1024;

/** Answers with a problem. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { retryAfterSeconds } = problem.extras;
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  // The framework would close the connection under a client that is still sending, and the reset would take the answer
  // along. Node discards the rest of the body instead, within the time that a request may take.
  if (
    problem.code === 'PAYLOAD_TOO_LARGE' &&
    Number(reply.request.headers['content-length']) <= DISCARDED_BYTES_MAX
  )
    void reply.removeHeader('connection');
  // Whoever is refused because too many others are held back would ask again at once on the same connection.
  if (problem.code === 'RATE_LIMITED' && keyIdOf(reply.request) === '')
    void reply.header('connection', 'close');
  if (problem.code === 'UNAUTHENTICATED') void reply.header('www-authenticate', 'Bearer');
  return reply
    .code(problem.status)
    .header('content-type', PROBLEM_TYPE)
    .serializer(JSON.stringify)
    .send(problem.body);
}

export const UNREADABLE_BODY: FieldFault = { field: 'body', rule: 'well-formed JSON, whole, in UTF-8' };

const OTHER_TYPE = 'The header Content-Type: application/json is missing, or says something else.';

const UNREADABLE: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};

/** How long a client that sent what is no HTTP may still send, for it to hear the answer. */
const LINGER_MS = 1_000;

/**
 * Answers what is no HTTP, or too much of it: there is no request yet, so the answer is written by hand. It comes behind
 * the answers to the requests before it on the same connection: overtaking one, "refused" would be taken for the outcome
 * of a deduction that is being carried out.
 */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  // What comes while the connection ends is unreadable as well, and was answered.
  if (error.code === 'ECONNRESET' || socket.destroyed || socket.writableEnded) return;
  // No TLS was agreed on: nothing that is written would be understood.
  if (/^(ERR_SSL_|ERR_TLS_|EPROTO)/.test(error.code ?? '')) {
    socket.destroy();
    return;
  }
  const unanswered = (socket as AnsweringSocket)._httpMessage;
  if (unanswered?.req.complete) {
    unanswered.once('finish', () => {
      answerUnreadable(error, socket);
    });
    return;
  }
  if (!socket.writable) {
    socket.destroy(error);
    return;
  }
  // Ended at once, the connection would be reset under a client that is still sending, and the answer lost.
  const linger = setTimeout(() => {
    socket.destroy();
  }, LINGER_MS);
  socket.once('close', () => {
    clearTimeout(linger);
  });
  socket.end(unreadableAnswer(error.code));
}

function unreadableAnswer(code: string | undefined): string {
  const known = UNREADABLE[code ?? ''];
  const problem = known
    ? new Problem(known)
    : new Problem('INVALID_ARGUMENT', { errors: [{ field: 'request', rule: 'well-formed HTTP/1.1' }] });
  const { headers, body } = lastAnswer(problem, callIdOf(undefined));
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n${head.join('')}\r\n${body}`;
}

/** Where the framework has no part in it, and the connection ends with it. */
function lastAnswer(
  problem: Problem,
  callId: string,
): { readonly headers: Record<string, string>; readonly body: string } {
  const body = JSON.stringify(problem.body);
  const headers = {
    [CALL_ID_HEADER]: callId,
    connection: 'close',
    'content-type': PROBLEM_TYPE,
    'content-length': String(Buffer.byteLength(body)),
  };
  return { headers, body };
}

/** Node keeps the answer that a connection waits for here; there is no other way to learn of it when reading fails. */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/** Answers a request that expects something of the server other than to be told to go on. */
export function answerExpectation(request: IncomingMessage, response: ServerResponse): void {
  const problem = new Problem('INVALID_ARGUMENT', { errors: [{ field: 'expect', rule: '100-continue' }] });
  const { headers, body } = lastAnswer(problem, callIdOf(request.headers[CALL_ID_HEADER]));
  response.writeHead(problem.status, headers).end(body);
}

/** What an error is to the caller, whether the framework, a schema or our own code raised it. */
export function problemOfError(error: unknown, observer: Pick<EngineObserver, 'defect'>): Problem {
  if (error instanceof Problem) return error;
  const { code, validation, validationContext, statusCode } = error as Partial<FastifyError>;
  if (validation) return invalid(validation, validationContext);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Problem('PAYLOAD_TOO_LARGE');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new Problem('UNSUPPORTED_MEDIA_TYPE', { detail: OTHER_TYPE });
  // A path out of the folder of the documentation's pages names nothing that there is.
  if (code === 'FST_STATIC_FORBIDDEN_PATH') return new Problem('ROUTE_NOT_FOUND');
  if (isMalformed(error, code, statusCode) || isHungUp(error as Partial<FastifyError>)) {
    return new Problem('INVALID_ARGUMENT', {
      errors: [UNREADABLE_BODY],
    });
  }
  return problemOfFault(error, observer);
}

/** The framework's own 4xx: a body that is no JSON, that is empty, that ended early, or a URL that cannot be decoded. */
function isMalformed(error: unknown, code: string | undefined, statusCode: number | undefined): boolean {
  const raisedByFramework = error instanceof SyntaxError || (code?.startsWith('FST_ERR_') ?? false);
  return raisedByFramework && statusCode !== undefined && statusCode >= 400 && statusCode < 500;
}

/** The client went away in the middle of its body. Nobody hears the answer, and it is no defect. */
function isHungUp({ message, code }: Partial<FastifyError>): boolean {
  return code === 'ECONNRESET' && message === 'aborted';
}

function invalid(faults: readonly FastifySchemaValidationError[], context: string | undefined): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: fieldFaults(faults, context ?? 'body') });
}
