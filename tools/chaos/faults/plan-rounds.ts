import type { Dice } from '../../kernel/dice';
import { type Fault, FAULT_KINDS, type FaultKind, type Round, type Target } from './fault';

/** What there is to break. */
export interface Parts {
  readonly services: number;
  readonly databases: number;
  /** Position of the database whose disk can be filled; undefined if there is none. */
  readonly smallDisk: number | undefined;
  /** Whether one shard is on the nodes of a cluster, and has a writer. */
  readonly clustered: boolean;
  /** What each link connects a service with. */
  readonly links: readonly ('database' | 'redis' | 'screening' | 'clients')[];
}

export interface Pace {
  readonly faultsMax: number;
  readonly startMsMax: number;
  readonly forMs: { readonly from: number; readonly to: number };
  readonly quietMs: { readonly from: number; readonly to: number };
  /** Of the rounds, those behind which the next one waits for that; the others meet what is still recovering. */
  readonly quietShare: number;
}

/** Quiet times last long enough that something is measured in them after the time for recovery. */
export const PACE: Pace = {
  faultsMax: 4,
  startMsMax: 2_500,
  forMs: { from: 300, to: 14_000 },
  quietMs: { from: 7_000, to: 12_000 },
  quietShare: 0.4,
};

const UNQUIET_MS_MAX = 2_000;
const DISK_FULL_MS_MIN = 6_000;
/** The others expel a silent node after five seconds, and another writer is to have worked for a while before it is back. */
const WRITER_MS_MIN = 9_000;

/** Every kind in less than a minute. */
export const BRISK_PACE: Pace = {
  faultsMax: 3,
  startMsMax: 300,
  forMs: { from: 700, to: 1_800 },
  quietMs: { from: 1_500, to: 2_000 },
  quietShare: 1,
};

/**
 * Rounds without end, by the dice alone. Kinds are dealt like cards, so each comes about as often as any other and all
 * have come before one comes again; which ones meet in a round, on what, when and for how long changes all the time. No
 * two faults of a round have the same target, so that whatever is broken is mended by its own fault's end.
 */
export function* planRounds(parts: Parts, pace: Pace, dice: Dice): Generator<Round> {
  let deck: FaultKind[] = [];
  for (;;) {
    if (deck.length === 0) deck = dice.shuffled(kindsFor(parts));
    const faults: Fault[] = [];
    const wanted = Math.min(deck.length, dice.between(1, pace.faultsMax));
    while (faults.length < wanted) {
      const fault = planFault(deck[0] as FaultKind, parts, pace, dice, faults);
      // Nothing is left for it to break in this round: it opens the next.
      if (!fault) break;
      deck = deck.slice(1);
      faults.push(fault);
    }
    const quietMs = dice.happens(pace.quietShare)
      ? dice.between(pace.quietMs.from, pace.quietMs.to)
      : dice.between(0, UNQUIET_MS_MAX);
    yield { faults, quietMs };
  }
}

/** Rounds in which every kind comes once. */
export function* planOnce(parts: Parts, pace: Pace, dice: Dice): Generator<Round> {
  let missing = kindsFor(parts).length;
  for (const round of planRounds(parts, pace, dice)) {
    yield round;
    missing -= round.faults.length;
    if (missing === 0) return;
  }
}

const WRITER_KINDS: readonly FaultKind[] = ['writer killed', 'writer stopped'];

export function kindsFor({ smallDisk, clustered }: Pick<Parts, 'smallDisk' | 'clustered'>): FaultKind[] {
  const kinds = Object.keys(FAULT_KINDS) as FaultKind[];
  return kinds
    .filter((kind) => kind !== 'disk full' || smallDisk !== undefined)
    .filter((kind) => !WRITER_KINDS.includes(kind) || clustered);
}

function planFault(
  kind: FaultKind,
  parts: Parts,
  pace: Pace,
  dice: Dice,
  besides: readonly Fault[],
): Fault | undefined {
  const targets = targetsOf(kind, parts).filter(
    (target) => !besides.some((other) => overlaps(target, other.target)),
  );
  // Drawn in any case: which targets are left must not change what comes later.
  const drawn = dice.next();
  const timing = {
    afterMs: dice.between(0, pace.startMsMax),
    forMs: drawForMs(kind, pace, dice),
    degree: kind === 'network slow' ? dice.between(5, 400) : dice.between(2, 8),
  };
  const target = targets[Math.floor(drawn * targets.length)];
  return target && { kind, target, ...timing };
}

/** Most are short and some are long. A full disk is felt only once what the database had set aside is used up. */
function drawForMs(kind: FaultKind, { forMs }: Pace, dice: Dice): number {
  const ms = Math.round(forMs.from + (forMs.to - forMs.from) * dice.next() ** 2);
  if (WRITER_KINDS.includes(kind)) return Math.max(ms, WRITER_MS_MIN);
  return kind === 'disk full' ? Math.max(ms, DISK_FULL_MS_MIN) : ms;
}

function targetsOf(kind: FaultKind, { services, databases, smallDisk, links }: Parts): Target[] {
  switch (kind) {
    case 'service killed':
    case 'service stopped':
    case 'service restarted':
      return range(services).map((number) => ({ part: 'service', number }));
    case 'rolling restart':
      return [{ part: 'services' }];
    case 'database killed':
    case 'database stopped':
      return range(databases).map((number) => ({ part: 'database', number }));
    case 'disk full':
      return smallDisk === undefined ? [] : [{ part: 'database', number: smallDisk }];
    case 'writer killed':
    case 'writer stopped':
      return [{ part: 'writer' }];
    case 'redis killed':
    case 'redis stopped':
    case 'redis flushed':
      return [{ part: 'redis' }];
    case 'screening killed':
    case 'screening slow':
    case 'screening failing':
      return [{ part: 'screening' }];
    case 'connections cut':
    case 'answers dropped':
    case 'network slow':
    case 'packets swallowed':
    case 'connections refused':
      return range(links.length).map((number) => ({ part: 'link', number }));
  }
}

function overlaps(a: Target, b: Target): boolean {
  if (a.part === 'services' || b.part === 'services')
    return [a.part, b.part].every((part) => part === 'services' || part === 'service');
  return a.part === b.part && (!('number' in a) || !('number' in b) || a.number === b.number);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, n) => n);
}
