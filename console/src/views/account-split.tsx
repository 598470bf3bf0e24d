import { useEffect, useRef, useState } from 'preact/hooks';
import { get, part } from '../api/client';
import type { Page, SubAccount } from '../api/shapes';
import { amountText } from '../format';
import { usePolled } from '../live/use-polled';
import { Shown, Status } from '../parts/basics';

interface SplitProps {
  readonly id: string;
  readonly asset: string;
  readonly everyMs: number;
  readonly turn: number;
}

/** Above so many, closed rows are counted and not drawn. */
const DRAWN_MAX = 256;

/** Where an account's money lies: a bar for each sub-account, by shard, and what has just come or gone. */
export function AccountSplit({ id, asset, everyMs, turn }: SplitProps) {
  const path = `/v1/admin/accounts/${part(id)}/sub-accounts`;
  const polled = usePolled<Page<SubAccount>>(`${path} ${turn}`, (signal) => get(path, signal), everyMs);
  const last = useRef<readonly SubAccount[] | undefined>(undefined);
  if (polled.value) last.current = polled.value.items;
  const items = last.current;
  if (!items) return <Shown polled={polled}>{() => null}</Shown>;
  return <Bars items={items} asset={asset} />;
}

function Bars({ items, asset }: { readonly items: readonly SubAccount[]; readonly asset: string }) {
  const moved = useMoves(items);
  const drawn = items
    .filter(({ status, available, held }) => status !== 'closed' || available !== '0' || held !== '0')
    .slice(0, DRAWN_MAX);
  const largest = drawn.reduce((most, each) => (totalOf(each) > most ? totalOf(each) : most), 1n);
  const shards = [...Map.groupBy(drawn, ({ shard }) => shard)].sort(([a], [b]) => (a < b ? -1 : 1));
  const left = items.length - drawn.length;
  return (
    <div class="split">
      {shards.map(([shard, own]) => (
        <section class="split-shard" key={shard} aria-label={`Shard ${shard}`}>
          <h3>
            {shard}
            <span class="muted">
              {amountText(own.reduce((sum, each) => sum + totalOf(each), 0n).toString(), asset)}
            </span>
          </h3>
          <ul>
            {own.map((each) => (
              <Bar
                key={each.index}
                row={each}
                asset={asset}
                largest={largest}
                move={moved.get(nameOf(each)) ?? 0n}
              />
            ))}
          </ul>
        </section>
      ))}
      {left > 0 && <p class="note">{left} more are empty and out of use.</p>}
    </div>
  );
}

interface BarProps {
  readonly row: SubAccount;
  readonly asset: string;
  readonly largest: bigint;
  readonly move: bigint;
}

function Bar({ row, asset, largest, move }: BarProps) {
  const { index, available, held, status } = row;
  const share = (minor: string): string => `${Number((BigInt(minor) * 1_000n) / largest) / 10}%`;
  const way = move > 0n ? 'came' : 'went';
  return (
    <li class={`bar bar-${status} ${move === 0n ? '' : `bar-${way}`}`}>
      <span class="bar-name">#{index}</span>
      <span class="bar-track" aria-hidden="true">
        <span class="bar-available" style={{ width: share(available) }} />
        <span class="bar-held" style={{ width: share(held) }} />
      </span>
      <span class="bar-amount">{amountText(available, asset)}</span>
      <span class="bar-held-amount">{held !== '0' && `+ ${amountText(held, asset)} held`}</span>
      <span class="bar-move" aria-hidden="true">
        {move === 0n
          ? ''
          : `${move > 0n ? '▲' : '▼'} ${amountText((move < 0n ? -move : move).toString(), asset)}`}
      </span>
      {status !== 'open' && <Status is={status} />}
    </li>
  );
}

const MOVE_SHOWN_MS = 1_500;

/** What each sub-account has gained or lost since the look before, for as long as that is shown. */
function useMoves(items: readonly SubAccount[]): ReadonlyMap<string, bigint> {
  const before = useRef(items);
  const [moves, setMoves] = useState<ReadonlyMap<string, bigint>>(new Map());
  useEffect(() => {
    const known = new Map(before.current.map((each) => [nameOf(each), totalOf(each)]));
    const next = new Map(
      items.flatMap((each) => {
        const move = totalOf(each) - (known.get(nameOf(each)) ?? 0n);
        return move === 0n ? [] : [[nameOf(each), move] as const];
      }),
    );
    before.current = items;
    if (next.size === 0) return;
    setMoves(next);
    const timer = setTimeout(() => {
      setMoves(new Map());
    }, MOVE_SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [items]);
  return moves;
}

function totalOf({ available, held }: SubAccount): bigint {
  return BigInt(available) + BigInt(held);
}

function nameOf({ shard, index }: SubAccount): string {
  return `${shard}/${index}`;
}
