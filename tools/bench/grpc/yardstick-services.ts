import type { DeductRequest } from '../../../src/api/grpc/messages';
import type { UnaryMethod, UnaryService } from '../../../src/api/grpc/unary';
import { entryView } from '../../../src/api/grpc/views';
import { Problem } from '../../../src/contract/problem';
import { noopEntry } from '../yardsticks/noop-entry';
import { YARDSTICK_SERVICES, type Yardstick, type YardstickCounter } from './yardstick-counts';

const DEDUCTION_SERVICE = 'hotsplit.v1.DeductionService';
const ID_DIGITS = 16;

/** The benchmark's own methods, with Deduct's messages and under its checks. @param own the product's services */
export function yardstickServices(
  own: readonly UnaryService[],
  counters: Readonly<Record<Yardstick, YardstickCounter>>,
): UnaryService[] {
  const deduct = own
    .find(({ name }) => name === DEDUCTION_SERVICE)
    ?.methods.find(({ name }) => name === 'Deduct');
  if (!deduct) throw new TypeError(`${DEDUCTION_SERVICE} has no Deduct`);
  return [
    { name: YARDSTICK_SERVICES.fresh, methods: [counted(fresh(deduct), counters.fresh)] },
    { name: YARDSTICK_SERVICES.noop, methods: [counted({ ...deduct, answer: noop }, counters.noop)] },
  ];
}

/** Deduct, for which a load that sends one message over and over needs an id that is new. */
function fresh(deduct: UnaryMethod): UnaryMethod {
  let made = 0;
  return {
    ...deduct,
    answer: (request, caller, names) => {
      made += 1;
      const requestId = `new-${made.toString().padStart(ID_DIGITS, '0')}`;
      return deduct.answer(Object.assign(request, { requestId }), caller, names);
    },
  };
}

function noop(request: object): object {
  const { accountId, amount } = request as DeductRequest;
  const requestId = 'new-0000000000000000';
  const entry = entryView(noopEntry({ accountId, requestId, amountMinor: BigInt(Number(amount)) }));
  return { entry, replayed: false };
}

function counted(method: UnaryMethod, counter: YardstickCounter): UnaryMethod {
  const count = <Answer>(answer: Answer): Answer => {
    if (answer instanceof Problem) counter.fail(answer.code);
    else counter.acknowledge();
    return answer;
  };
  const fault = (error: unknown): never => {
    counter.fail(error instanceof Problem ? error.code : 'INTERNAL');
    throw error;
  };
  return {
    ...method,
    answer: (request, caller, names) => {
      counter.begin();
      try {
        const answer = method.answer(request, caller, names);
        return answer instanceof Promise ? answer.then(count, fault) : count(answer);
      } catch (error) {
        return fault(error);
      }
    },
  };
}
