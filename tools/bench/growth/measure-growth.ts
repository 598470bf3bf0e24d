import type { MeasuredCase, Round, Subject } from '../cases/case';
import { roundLine } from '../cases/run-together';
import type { Surroundings } from '../scenario';
import { type Servers, shardCountOf, type StoreKind } from '../stage/store-kind';
import type { GrowthPlan } from './growth-plan';
import { LivedSite, type Unaudited } from './lived-site';
import type { IdKind } from './request-ids';

export interface GrowthGround {
  readonly store: StoreKind;
  readonly ids: IdKind;
  /** What grows has servers of its own, so that it shares its buffer pool with nothing. */
  readonly growing: Servers;
  readonly empty: Servers;
}

/** A size, and the empty account that was measured beside it. */
export interface GrowthStage {
  readonly ids: IdKind;
  readonly entries: number;
  readonly grown: MeasuredCase;
  readonly empty: MeasuredCase;
}

/** One account through all its sizes. At each, in turn: an account that has just been opened, and this one. */
export async function measureGrowth(
  ground: GrowthGround,
  plan: GrowthPlan,
  surroundings: Surroundings,
): Promise<GrowthStage[]> {
  const wanted = { store: ground.store, ids: ground.ids, subAccounts: plan.subAccounts };
  const grown = await LivedSite.open(wanted, ground.growing, surroundings);
  const stages: GrowthStage[] = [];
  try {
    for (const entries of plan.sizes) {
      surroundings.print(`\n${ground.store}, ${ground.ids} ids: ${millions(entries)}`);
      await grown.growTo(entries);
      stages.push(await measureStage(entries, grown, { ground, plan, surroundings }));
    }
  } finally {
    await grown.drop();
  }
  return stages;
}

interface Setting {
  readonly ground: GrowthGround;
  readonly plan: GrowthPlan;
  readonly surroundings: Surroundings;
}

async function measureStage(entries: number, grown: LivedSite, setting: Setting): Promise<GrowthStage> {
  const { ground, plan, surroundings } = setting;
  const name = `${ground.ids} ${millions(entries)}`;
  const [empty, full] = [subjectOf(`${name}, beside: empty`, setting), subjectOf(name, setting)];
  const emptyRounds: Round[] = [];
  const unaudited: Unaudited[] = [];
  for (let round = 1; round <= plan.rounds; round += 1) {
    const number = `${round}/${plan.rounds}`;
    const measureBeside = async (): Promise<void> => {
      const result = await measureEmpty(setting);
      emptyRounds.push(result);
      surroundings.print(roundLine(number, empty, result));
    };
    const measureGrown = async (): Promise<void> => {
      await grown.settle();
      const result = await grown.measure(plan.inFlight, plan.seconds);
      unaudited.push(result);
      surroundings.print(roundLine(number, full, { ...result, audit: 'audited with its size' }));
    };
    // Who comes second finds a warmer process and, perhaps, a busier disk: they take turns.
    const [first, second] = round % 2 === 1 ? [measureBeside, measureGrown] : [measureGrown, measureBeside];
    await first();
    await second();
  }
  // It reads every entry, so it is made once for all rounds of a size, and its verdict is that of each.
  const { verdict, seconds } = await grown.audit();
  surroundings.print(
    `  audit of ${grown.entries.toLocaleString('en-US')} entries, ${seconds.toFixed(1)} s: ${verdict}`,
  );
  const rounds = unaudited.map((round) => ({
    ...round,
    audit: verdict,
    figures: { ...round.figures, 'audit s': seconds },
  }));
  return {
    ids: ground.ids,
    entries,
    grown: { case: full, rounds },
    empty: { case: empty, rounds: emptyRounds },
  };
}

async function measureEmpty({ ground, plan, surroundings }: Setting): Promise<Round> {
  const wanted = { store: ground.store, ids: ground.ids, subAccounts: plan.subAccounts };
  const site = await LivedSite.open(wanted, ground.empty, surroundings);
  try {
    await site.settle();
    const result = await site.measure(plan.inFlight, plan.seconds);
    return { ...result, audit: (await site.audit()).verdict };
  } finally {
    await site.drop();
  }
}

function subjectOf(name: string, { ground, plan }: Setting): Subject {
  return {
    name,
    store: ground.store,
    shards: shardCountOf(ground.store),
    subAccounts: plan.subAccounts,
    inFlight: plan.inFlight,
  };
}

export function millions(entries: number): string {
  return `${Number((entries / 1_000_000).toPrecision(3))} M`;
}
