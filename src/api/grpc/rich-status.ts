import { Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { Field, MapField, type ReflectionObject, Root, Type } from 'protobufjs';
import { type Problem } from '../problem';
import { PROBLEMS } from '../problem-catalog';

export const ERROR_DOMAIN = 'hotsplit';
const TYPE_URL = 'type.googleapis.com/';

/** The parts of google.rpc that are sent; their numbers are the ones of google/rpc/status.proto and error_details.proto. */
const googleRpc = new Root().define('google.rpc');
const any = type('Any', new Field('typeUrl', 1, 'string'), new Field('value', 2, 'bytes'));
const fieldViolation = type(
  'FieldViolation',
  new Field('field', 1, 'string'),
  new Field('description', 2, 'string'),
);
const duration = type('Duration', new Field('seconds', 1, 'int64'));
const richStatus = type(
  'Status',
  new Field('code', 1, 'int32'),
  new Field('message', 2, 'string'),
  new Field('details', 3, any.name, 'repeated'),
);
const errorInfo = type(
  'ErrorInfo',
  new Field('reason', 1, 'string'),
  new Field('domain', 2, 'string'),
  new MapField('metadata', 3, 'string', 'string'),
);
const badRequest = type('BadRequest', new Field('fieldViolations', 1, fieldViolation.name, 'repeated'));
const retryInfo = type('RetryInfo', new Field('retryDelay', 1, duration.name));

/** How a call ends that a problem kept from its answer: the catalog's status, with google.rpc.Status in the trailers. */
export function statusOf(problem: Problem): StatusObject {
  const code = status[PROBLEMS[problem.code].grpc];
  const { errors, retryAfterSeconds } = problem.extras;
  const details = [
    packed(errorInfo, { reason: problem.code, domain: ERROR_DOMAIN, metadata: dataOf(problem) }),
  ];
  if (errors) {
    const fieldViolations = errors.map(({ field, rule }) => ({ field, description: rule }));
    details.push(packed(badRequest, { fieldViolations }));
  }
  if (retryAfterSeconds !== undefined)
    details.push(packed(retryInfo, { retryDelay: { seconds: retryAfterSeconds } }));
  const metadata = new Metadata();
  const rich = richStatus.encode({ code, message: problem.message, details }).finish();
  metadata.set('grpc-status-details-bin', Buffer.from(rich));
  return { code, details: problem.message, metadata };
}

/** What goes with a problem's code, as texts. */
export function dataOf({ extras: { available, left, incident } }: Problem): Record<string, string> {
  return {
    ...(available !== undefined && { available }),
    ...(left !== undefined && { left }),
    ...(incident !== undefined && { incident }),
  };
}

function packed(of: Type, detail: Readonly<Record<string, unknown>>): object {
  return { typeUrl: `${TYPE_URL}google.rpc.${of.name}`, value: of.encode(detail).finish() };
}

function type(name: string, ...fields: ReflectionObject[]): Type {
  const made = new Type(name);
  for (const field of fields) made.add(field);
  googleRpc.add(made);
  return made;
}
