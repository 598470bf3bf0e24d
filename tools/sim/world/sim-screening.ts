import type { Question } from '../../../src/engine/screening/question';
import { ScreeningFailure } from '../../../src/engine/screening/screening-failure';
import type { Verdict } from '../../../src/ledger/screened';
import type { Dice } from '../../kernel/dice';
import type { ScreeningModel } from '../model/screening-model';
import type { ScreeningPlan } from '../workload/plan';
import type { Coverage } from './coverage';
import type { Owner, Timeline } from './timeline';

interface Parts {
  readonly plan: ScreeningPlan;
  readonly chance: Dice;
  readonly timeline: Timeline;
  readonly coverage: Coverage;
  readonly model: ScreeningModel;
}

/** What the service makes of one charge: so many times it is to wait, and then this. */
interface Script {
  waits: number;
  readonly verdict: Verdict;
  /** It says something else whenever it is asked. */
  readonly isFickle: boolean;
}

const LATENCY_MS_MAX = 30;

/** The operator's screening service: one for all instances, mostly right, and not while it is troubled. */
export class SimScreening {
  isTroubled = false;
  readonly #scripts = new Map<string, Script>();

  constructor(private readonly parts: Parts) {}

  async ask(questions: readonly Question[], from: Owner): Promise<unknown> {
    const { timeline, chance, plan, coverage } = this.parts;
    const trouble = this.isTroubled && chance.happens(plan.troubleShare) ? this.#anyTrouble() : undefined;
    if (trouble !== undefined) coverage.mark(`screening ${trouble}`);
    const latencyMs = chance.between(1, LATENCY_MS_MAX) + (trouble === 'slow' ? 10 * plan.callMsMax : 0);
    await timeline.sleep(latencyMs / 2, from);
    if (trouble === 'away') throw new ScreeningFailure('unreachable', 'the service is away');
    if (trouble === 'status') throw new ScreeningFailure('status', 'the answer has the status 500');
    const results: { requestId: string; verdict: string }[] = chance
      .shuffled(questions)
      .map((question) => ({ requestId: question.requestId, verdict: this.#judge(question) }));
    await timeline.sleep(latencyMs / 2, from);
    const [first] = results;
    if (first && trouble === 'missing') results.shift();
    if (first && trouble === 'unknown id') first.requestId = 'somebody else';
    if (first && trouble === 'bad verdict') first.verdict = 'PASS';
    return trouble === 'shapeless' ? { verdicts: results } : { results };
  }

  #anyTrouble() {
    return this.parts.chance.oneOf([
      'slow',
      'away',
      'status',
      'missing',
      'unknown id',
      'bad verdict',
      'shapeless',
    ] as const);
  }

  #judge({ accountId, requestId }: Question): Verdict {
    const { chance, model } = this.parts;
    const key = `${accountId} ${requestId}`;
    let script = this.#scripts.get(key);
    if (!script) this.#scripts.set(key, (script = this.#newScript()));
    let { verdict } = script;
    if (script.waits > 0) {
      script.waits -= 1;
      verdict = 'wait';
    } else if (script.isFickle) verdict = chance.oneOf(['pass', 'reject'] as const);
    model.told(accountId, requestId, verdict);
    return verdict;
  }

  #newScript(): Script {
    const { chance, plan } = this.parts;
    return {
      waits: chance.happens(plan.waitShare) ? chance.between(1, 3) : 0,
      verdict: chance.happens(plan.rejectShare) ? 'reject' : 'pass',
      isFickle: chance.happens(0.2),
    };
  }
}
