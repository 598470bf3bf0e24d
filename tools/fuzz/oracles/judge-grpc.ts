import { status as GrpcStatus } from '@grpc/grpc-js';
import type { Type } from 'protobufjs';
import { googleRpc } from '../../../test/setup/google-rpc';
import { PROBLEMS } from '../../../src/contract/problem-catalog';
import type { GrpcCall } from '../grpc/call';
import type { GrpcAnswer } from '../grpc/session';
import { messageIn } from '../grpc/methods';
import type { Finding, FindingKind } from './finding';
import { leakIn, type Secrets } from './leaks';

const INTERNAL: number = GrpcStatus.INTERNAL;

/** What ends a call below the API, without an ErrorInfo, as docs/grpc.md lists it. */
const BELOW = new Set<number>([
  GrpcStatus.UNIMPLEMENTED,
  GrpcStatus.RESOURCE_EXHAUSTED,
  GrpcStatus.DEADLINE_EXCEEDED,
  GrpcStatus.CANCELLED,
]);

/** What the library says with INTERNAL, as gRPC wants it, of a call whose framing or head it cannot read. */
const UNREADABLE = /^(Invalid grpc-timeout value "|Failed to decompress message$|Received )/;

/** Everything the end of a call must not be, whatever the call was. */
export function judgeGrpc(call: GrpcCall, answer: GrpcAnswer, secrets: Secrets): Finding[] {
  const where = `grpc ${call.method.id}`;
  const findings: Finding[] = [];
  const find = (kind: FindingKind, detail: string): void => void findings.push({ kind, where, detail });
  const { status, http, details, text } = answer;
  if (status === undefined) {
    if (call.ending === 'half-close' && !(call.isBelow && http >= 400 && http < 500))
      find('no answer', `HTTP ${http}, ${answer.end}`);
  } else if (status !== 0) {
    const fault = details
      ? richFault(status, text, details)
      : isEndBelow(call, status, text)
        ? undefined
        : `${GrpcStatus[status] ?? status} without details: ${text.slice(0, 200)}`;
    if (fault !== undefined) find(isDefect(status) ? 'server error' : 'not a problem of the catalog', fault);
  } else if (!call.method.isStream && answer.messages.length !== 1)
    find('not as described', `OK with ${answer.messages.length} messages`);
  for (const bytes of answer.messages)
    if (!messageIn(call.method.answer, bytes)) find('not as described', 'a message that cannot be read');
  const leak = leakIn(
    `${answer.heads}\n${text}\n${detailTexts(details)}`,
    secrets,
    `${JSON.stringify(call.headers)}\n${Buffer.concat([...call.parts]).toString()}`,
  );
  if (leak !== undefined) find('leak', `${status ?? http} shows ${leak}`);
  return findings;
}

function isEndBelow({ isBelow }: GrpcCall, status: number, text: string): boolean {
  return isBelow && (BELOW.has(status) || (status === INTERNAL && UNREADABLE.test(text)));
}

function isDefect(status: number): boolean {
  const defects: readonly number[] = [GrpcStatus.UNKNOWN, GrpcStatus.INTERNAL, GrpcStatus.DATA_LOSS];
  return defects.includes(status);
}

function richFault(status: number, text: string, bytes: Buffer): string | undefined {
  const rich = messageIn(typeOf('Status'), bytes);
  if (!rich) return 'details that cannot be read';
  const details = rich['details'] as readonly { typeUrl: string; value: Buffer }[];
  const named = (name: string) =>
    details.filter(({ typeUrl }) => typeUrl === `type.googleapis.com/google.rpc.${name}`);
  const [info, another] = named('ErrorInfo');
  if (!info || another) return `${GrpcStatus[status]} with ${named('ErrorInfo').length} ErrorInfos`;
  const { reason, domain } = messageIn(typeOf('ErrorInfo'), info.value) ?? {};
  if (domain !== 'hotsplit' || typeof reason !== 'string' || !Object.hasOwn(PROBLEMS, reason))
    return `${GrpcStatus[status]} with the reason ${JSON.stringify(reason)} of ${JSON.stringify(domain)}`;
  const mapped: number = GrpcStatus[PROBLEMS[reason as keyof typeof PROBLEMS].grpc];
  if (mapped !== status || rich['code'] !== status)
    return `${reason} with the status ${status}, ${JSON.stringify(rich['code'])} in the details`;
  if (mapped === INTERNAL) return `${reason}: ${text.slice(0, 200)}`;
  if (rich['message'] !== text) return `${reason} with two different messages`;
  const [bad] = named('BadRequest');
  if (reason !== 'INVALID_ARGUMENT') return undefined;
  const { fieldViolations = [] } = (bad && messageIn(typeOf('BadRequest'), bad.value)) ?? {};
  return (fieldViolations as unknown[]).length > 0 ? undefined : `${reason} names no field`;
}

function detailTexts(bytes: Buffer | undefined): string {
  const rich = bytes && messageIn(typeOf('Status'), bytes);
  const details = (rich?.['details'] ?? []) as readonly { typeUrl: string; value: Buffer }[];
  return details.map(({ value }) => value.toString()).join('\n');
}

function typeOf(name: string): Type {
  return googleRpc.lookupType(`google.rpc.${name}`);
}
