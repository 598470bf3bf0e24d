import type { MethodDefinition, sendUnaryData, ServerUnaryCall, UntypedHandleCall } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import type { EngineObserver } from '../../engine/observer';
import type { Permission, Principal } from '../../platform/principal';
import { admit, type Admitted, type Caller, type Doorkeepers, notForLimited, outOfReach } from '../admit';
import { problemOfFault } from '../fault-problem';
import { type FieldFault, Problem } from '../../contract/problem';
import { statusOf } from './rich-status';
import { codecOf } from './wire';

/** Of a message, where a method does not say otherwise: as much as of a REST body. */
export const MESSAGE_BYTES_MAX = 64 * 1024;

/** One method that answers one message with one, and what a key needs for it. */
export interface UnaryMethod<Request extends object = object, Answer extends object = object> {
  /** Its messages are hotsplit.v1's `<name>Request` and `<name>Response`. */
  readonly name: string;
  readonly scope: Permission;
  /** Of the request; 64 KiB unless it says more. */
  readonly bytesMax?: number;
  /**
   * Who sees to a key's limits to some accounts: by default whoever lets a call in, by the message's account. A method
   * whose message names none is then not for limited keys.
   */
  readonly limitsKept?: 'by the handler';
  /** May throw or reject: a Problem is meant for the caller, anything else is a defect. */
  answer(request: Request, caller: Principal): Answer | Problem | Promise<Answer | Problem>;
}

/** Methods under one name. */
export interface UnaryService {
  /** In full, such as `hotsplit.v1.DeductionService`. */
  readonly name: string;
  readonly methods: readonly UnaryMethod[];
}

export interface UnaryParts extends Doorkeepers {
  readonly observer: Pick<EngineObserver, 'defect'>;
}

export const UNREADABLE_MESSAGE: FieldFault = {
  field: 'message',
  rule: 'a well-formed message, whole, its texts in UTF-8',
};

/** How the server library is told of a method. */
export function unaryDefinition(
  service: string,
  method: UnaryMethod,
): MethodDefinition<object | Problem, object> {
  const { name, bytesMax = MESSAGE_BYTES_MAX } = method;
  const request = codecOf(`hotsplit.v1.${name}Request`);
  const answer = codecOf(`hotsplit.v1.${name}Response`);
  return {
    path: `/${service}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => request.encode(message),
    requestDeserialize: (bytes) => readable(bytes, bytesMax, request.decode),
    responseSerialize: answer.encode,
    responseDeserialize: answer.decode,
  };
}

/** The message, or the problem with it: thrown here, it would be told as a defect. */
export function readable<Message>(
  bytes: Buffer,
  bytesMax: number,
  decode: (bytes: Buffer) => Message,
): Message | Problem {
  if (bytes.length > bytesMax) return new Problem('PAYLOAD_TOO_LARGE');
  try {
    return decode(bytes);
  } catch {
    return new Problem('INVALID_ARGUMENT', { errors: [UNREADABLE_MESSAGE] });
  }
}

/** Carries one call out. A call whose deadline has passed before it is begun does nothing. */
export function unaryHandler(method: UnaryMethod, parts: UnaryParts): UntypedHandleCall {
  const { observer } = parts;
  return (call: ServerUnaryCall<object | Problem, object>, done: sendUnaryData<object>): void => {
    const tell = (answer: object): void => {
      if (answer instanceof Problem) done(statusOf(answer));
      else done(null, answer);
    };
    const fail = (error: unknown): void => {
      done(statusOf(problemOfFault(error, observer)));
    };
    const begin = (admitted: Admitted): void => {
      const { request } = call;
      if (admitted instanceof Problem) tell(admitted);
      else if (request instanceof Problem) tell(request);
      else if (isOver(call)) done(DEADLINE_EXCEEDED);
      else {
        const beyond = admitted.accounts !== null && beyondLimits(admitted, method, request);
        if (beyond) {
          tell(beyond);
          return;
        }
        const answer = method.answer(request, admitted);
        if (answer instanceof Promise) answer.then(tell, fail);
        else tell(answer);
      }
    };
    try {
      const admitted = admit(parts, callerOf(call), method.scope);
      if (admitted instanceof Promise) admitted.then(begin).catch(fail);
      else begin(admitted);
    } catch (error) {
      fail(error);
    }
  };
}

function beyondLimits(caller: Principal, method: UnaryMethod, request: object): Problem | undefined {
  if (method.limitsKept === 'by the handler') return undefined;
  const { accountId } = request as { readonly accountId?: unknown };
  return typeof accountId === 'string' ? outOfReach(caller, accountId) : notForLimited(caller);
}

/** Who makes a call, as far as it matters before the key is known. */
export function callerOf(call: { readonly metadata: Metadata; getPeer(): string }): Caller {
  return {
    authorization: call.metadata.get('authorization')[0]?.toString(),
    address: () => addressOf(call.getPeer()),
  };
}

/** The address in what the server library calls a peer, `address:port`. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

export function isOver(call: { readonly cancelled: boolean; getDeadline(): Date | number }): boolean {
  return call.cancelled || Number(call.getDeadline()) <= Date.now();
}

const DEADLINE_EXCEEDED = {
  code: status.DEADLINE_EXCEEDED,
  details: 'Deadline exceeded',
  metadata: new Metadata(),
};
