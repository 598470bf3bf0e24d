import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, queryOf, Refusal } from '../api/client';
import type { Page } from '../api/shapes';
import { type Polled, usePolled } from '../live/use-polled';
import { Button, Empty, Shown } from './basics';
import { type Column, Table } from './table';

/** Rows that a list keeps in sight: a million of them would make the page slow, and nobody reads so many. */
const SHOWN_MAX = 2_000;

interface ListProps<Row> {
  readonly caption: string;
  readonly path: string;
  readonly filters?: Readonly<Record<string, string | undefined>>;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly empty: ComponentChildren;
  readonly everyMs?: number;
  /** Raised when the list is to be asked for again. */
  readonly turn?: number;
}

/** A list of the API, page by page: the first one is live, and more of it comes at its end. */
export function List<Row>({
  caption,
  path,
  filters = {},
  columns,
  keyOf,
  empty,
  everyMs = 5_000,
  turn = 0,
}: ListProps<Row>) {
  const query = JSON.stringify(filters);
  const first = usePolled<Page<Row>>(
    `${path} ${query} ${turn}`,
    (signal) => get(path + queryOf(filters), signal),
    everyMs,
  );
  const more = useMore(path, filters, `${query} ${turn}`, first);
  return (
    <Shown polled={first}>
      {({ items }) => {
        const known = new Set(items.map(keyOf));
        const rows = [...items, ...more.rows.filter((row) => !known.has(keyOf(row)))];
        if (rows.length === 0) return <Empty>{empty}</Empty>;
        return (
          <>
            <Table caption={caption} columns={columns} rows={rows} keyOf={keyOf} />
            <ListEnd more={more} count={rows.length} />
          </>
        );
      }}
    </Shown>
  );
}

interface More<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly refusal: Refusal | undefined;
  readonly load: () => void;
}

function useMore<Row>(
  path: string,
  filters: Readonly<Record<string, string | undefined>>,
  key: string,
  first: Polled<Page<Row>>,
): More<Row> {
  const [state, setState] = useState<{
    key: string;
    rows: readonly Row[];
    cursor?: string | undefined;
    isBegun: boolean;
  }>({
    key,
    rows: [],
    isBegun: false,
  });
  const [isLoading, setLoading] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const own = state.key === key ? state : { key, rows: [], isBegun: false, cursor: undefined };
  const cursor = own.isBegun ? own.cursor : first.value?.nextCursor;
  const load = (): void => {
    if (isLoading || cursor === undefined || own.rows.length >= SHOWN_MAX) return;
    setLoading(true);
    setRefusal(undefined);
    get<Page<Row>>(path + queryOf({ ...filters, cursor }))
      .then(
        ({ items, nextCursor }) => {
          // What slides off the live first page while the list grows must not fall between the two.
          const before = own.isBegun ? own.rows : (first.value?.items ?? []);
          setState({ key, rows: [...before, ...items], cursor: nextCursor, isBegun: true });
        },
        (error: unknown) => {
          if (!(error instanceof Refusal)) throw error;
          setRefusal(error);
        },
      )
      .finally(() => {
        setLoading(false);
      });
  };
  const hasMore = cursor !== undefined && own.rows.length < SHOWN_MAX;
  return { rows: own.rows, hasMore, isLoading, refusal, load };
}

/** Loads on when the end comes into sight; the button is for the keyboard, and for those who would rather ask. */
function ListEnd<Row>({ more, count }: { readonly more: More<Row>; readonly count: number }) {
  const end = useRef<HTMLDivElement>(null);
  const latest = useRef(more.load);
  latest.current = more.load;
  useEffect(() => {
    if (!end.current || !more.hasMore) return;
    const watch = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) latest.current();
    });
    watch.observe(end.current);
    return () => {
      watch.disconnect();
    };
  }, [more.hasMore, more.rows.length]);
  return (
    <div class="list-end" ref={end}>
      {more.refusal && <span class="refusal">{more.refusal.message}</span>}
      <span class="muted">
        {count} shown
        {more.hasMore ? '' : count >= SHOWN_MAX ? ', narrow the search to see others' : ', that is all'}
      </span>
      {more.hasMore && (
        <Button onClick={more.load} disabled={more.isLoading}>
          {more.isLoading ? 'Loading …' : 'Show more'}
        </Button>
      )}
    </div>
  );
}
