import { Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { type Problem } from '../../contract/problem';
import { PROBLEMS } from '../../contract/problem-catalog';
import { codecOf } from './wire';

export const ERROR_DOMAIN = 'hotsplit';
const TYPE_URL = 'type.googleapis.com/';

const richStatus = codecOf<RichStatus>('google.rpc.Status');
const details = {
  ErrorInfo: codecOf('google.rpc.ErrorInfo'),
  BadRequest: codecOf('google.rpc.BadRequest'),
  RetryInfo: codecOf('google.rpc.RetryInfo'),
};

interface RichStatus {
  readonly code: number;
  readonly message: string;
  /** The library names the fields of `google.protobuf.Any` as its proto does. */
  readonly details: readonly { readonly type_url: string; readonly value: Buffer }[];
}

/** How a call ends that a problem kept from its answer: the catalog's status, with google.rpc.Status in the trailers. */
export function statusOf(problem: Problem): StatusObject {
  const code = status[PROBLEMS[problem.code].grpc];
  const { errors, retryAfterSeconds } = problem.extras;
  const packed = [
    pack('ErrorInfo', { reason: problem.code, domain: ERROR_DOMAIN, metadata: dataOf(problem) }),
  ];
  if (errors) {
    const fieldViolations = errors.map(({ field, rule }) => ({ field, description: rule }));
    packed.push(pack('BadRequest', { fieldViolations }));
  }
  if (retryAfterSeconds !== undefined)
    packed.push(pack('RetryInfo', { retryDelay: { seconds: retryAfterSeconds } }));
  const metadata = new Metadata();
  const message = messageOf(problem);
  const rich = richStatus.encode({ code, message, details: packed });
  metadata.set('grpc-status-details-bin', rich);
  return { code, details: message, metadata };
}

/** Most clients show this and not the details, so it names the first field that breaks a rule. */
function messageOf({ message, extras: { errors } }: Problem): string {
  const [first] = errors ?? [];
  if (!first) return message;
  const more = (errors?.length ?? 0) - 1;
  return `${message}: ${first.field}: ${first.rule}${more > 0 ? ` (and ${more} more)` : ''}`;
}

/** What goes with a problem's code, as texts. */
export function dataOf({
  extras: { available, left, held, operationId, incident, budgetId, renewsAt, settledAt },
}: Problem): Record<string, string> {
  return {
    ...(available !== undefined && { available }),
    ...(left !== undefined && { left }),
    ...(held !== undefined && { held }),
    ...(operationId !== undefined && { operationId }),
    ...(incident !== undefined && { incident }),
    ...(budgetId !== undefined && { budgetId }),
    ...(renewsAt !== undefined && { renewsAt }),
    ...(settledAt !== undefined && { settledAt }),
  };
}

function pack(name: keyof typeof details, detail: Readonly<Record<string, unknown>>) {
  return { type_url: `${TYPE_URL}google.rpc.${name}`, value: details[name].encode(detail) };
}
