import type {
  MethodDefinition,
  sendUnaryData,
  ServerUnaryCall,
  StatusObject,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import type { AccessLog } from '../../platform/access-log';
import type { CallMetrics } from '../../platform/call-metrics';
import type { CallNames } from '../../platform/call-names';
import type { Permission, Principal } from '../../platform/principal';
import { admit, type Admitted, type Caller, type Doorkeepers, notForLimited, outOfReach } from '../admit';
import { type ProblemObserver, problemOfFault } from '../fault-problem';
import { type FieldFault, Problem } from '../../contract/problem';
import type { AccountRates } from '../../platform/rates/account-rates';
import type { RateLimits } from '../../platform/rates/rate-limits';
import type { ListGate } from '../../platform/list-gate';
import { holdersOf, type RateHolder, takeRates } from '../take-rates';
import type { Traces } from '../../platform/traces/traces';
import type { AuditTrail } from '../../audit-log/audit-trail';
import type { Call } from '../../contract/call';
import { audited, noteDenied } from './audited';
import { gated } from './gated';
import { watched } from './watched';
import { callNamesOf, named, namesIn } from './call-names';
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
  /** Of a list: how many rows its answer has at most, where the request has no `limit`. */
  readonly rows?: number;
  /** What of it counts for `deductionsPerSecond` of its key: the call itself, or each of its `items`. */
  readonly deductions?: 'one' | 'items';
  /** It counts for the rates of the account that its message names. */
  readonly usesAccount?: boolean;
  /** The call that the audit log tells of. */
  readonly audited?: Call;
  /** May throw or reject: a Problem is meant for the caller, anything else is a defect. */
  answer(request: Request, caller: Principal, names: CallNames): Answer | Problem | Promise<Answer | Problem>;
}

/** Methods under one name. */
export interface UnaryService {
  /** In full, such as `hotsplit.v1.DeductionService`. */
  readonly name: string;
  readonly methods: readonly UnaryMethod[];
}

export interface UnaryParts extends Doorkeepers {
  readonly observer: ProblemObserver;
  readonly lists: ListGate;
  readonly accessLog: AccessLog;
  readonly trail: AuditTrail;
  readonly rates: RateLimits;
  readonly accountRates: AccountRates;
  readonly calls: CallMetrics;
  readonly traces: Traces | undefined;
}

/** Statuses that tell of a fault of the service. */
const FAULTS: ReadonlySet<status> = new Set([status.INTERNAL, status.UNAVAILABLE, status.UNKNOWN]);

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
export function unaryHandler(service: string, method: UnaryMethod, parts: UnaryParts): UntypedHandleCall {
  const { observer } = parts;
  const route = `/${service}/${method.name}`;
  const watch = watched(route, parts);
  return (call: ServerUnaryCall<object | Problem, object>, done: sendUnaryData<object>): void => {
    const said = callNamesOf(call.metadata);
    const span = parts.traces?.begin(() => route, said.traceParent);
    const names = span ? { ...said, span } : said;
    const noted = watch(names);
    const answered = (code: status, key: string): void => {
      noted(code, key);
      span?.answered({ 'hotsplit.call_id': names.callId, 'rpc.grpc.status_code': code }, FAULTS.has(code));
    };
    let keyId = '';
    const end = (problem: StatusObject): void => {
      done(named(problem, names));
      answered(problem.code, keyId);
    };
    const tell = (answer: object): void => {
      if (answer instanceof Problem) {
        observer.problemAnswered(answer, names, keyId);
        end(statusOf(answer));
        return;
      }
      call.sendMetadata(namesIn(new Metadata(), names));
      done(null, answer);
      answered(status.OK, keyId);
    };
    const fail = (error: unknown): void => {
      tell(problemOfFault(error, observer));
    };
    const begin = (admitted: Admitted): void => {
      const { request } = call;
      if (admitted instanceof Problem) {
        if (method.audited)
          noteDenied(parts, { problem: admitted, call: method.audited, from: callerOf(call) });
        tell(admitted);
        return;
      }
      keyId = admitted.keyId;
      if (request instanceof Problem) tell(request);
      else if (isOver(call)) end(deadlineExceeded());
      else {
        const beyond = admitted.accounts !== null && beyondLimits(admitted, method, request);
        if (beyond) {
          tell(beyond);
          return;
        }
        const asked = { call, request, caller: admitted, names };
        const { accountId } = request as { readonly accountId?: string };
        const holders = holdersOf(admitted, parts.accountRates, method.usesAccount ? accountId : undefined);
        const answer =
          holders.length === 0
            ? answerOf(method, asked, parts)
            : answerInRate(method, asked, { ...parts, holders });
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

interface AdmittedCall {
  readonly call: ServerUnaryCall<object | Problem, object>;
  readonly request: object;
  readonly caller: Principal;
  readonly names: CallNames;
}

/** The same for a key, or an account, with rates. */
async function answerInRate(
  method: UnaryMethod,
  asked: AdmittedCall,
  parts: UnaryParts & { readonly holders: readonly RateHolder[] },
): Promise<object> {
  const { deductions } = method;
  const { items = [] } = asked.request as { readonly items?: readonly unknown[] };
  const counts = { one: 1, items: items.length };
  const { refusal } = await takeRates(parts.rates, parts.holders, {
    requests: 1,
    deductions: deductions === undefined ? 0 : counts[deductions],
  });
  return refusal ?? answerOf(method, asked, parts);
}

/** What a method answers: a list when the gate lets it, what administrators ask for with its lines in the audit log. */
function answerOf(
  method: UnaryMethod,
  { call, request, caller, names }: AdmittedCall,
  { lists, trail }: UnaryParts,
): object | Promise<object> {
  const answer = (): object | Promise<object> => method.answer(request, caller, names);
  const { rows, audited: audits } = method;
  const gatedAnswer = rows === undefined ? answer : () => gated(lists, { call, rows, caller }, answer);
  if (!audits) return gatedAnswer();
  const address = addressOf(call.getPeer());
  const requestId = names.callId;
  return audited(
    trail,
    { method: method.name, call: audits, request, caller, address, requestId },
    gatedAnswer,
  );
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

function deadlineExceeded(): StatusObject {
  return { code: status.DEADLINE_EXCEEDED, details: 'Deadline exceeded', metadata: new Metadata() };
}
