import type { PagedStream } from './paged-stream';

/**
 * Walks some streams of one account side by side, in the order of a key: `visit` is told of each key once, with what
 * every stream has under it. It waits for pages only, and for what `visit` returns.
 */
export async function mergeBy<Source, Item extends { readonly accountId: string }>(
  accountId: string,
  sources: readonly { readonly source: Source; readonly stream: PagedStream<Item> }[],
  key: (item: Item) => string,
  visit: (group: readonly { readonly source: Source; readonly item: Item }[]) => Promise<void> | undefined,
): Promise<void> {
  for (;;) {
    let first: string | undefined;
    for (const { stream } of sources) {
      if (stream.isDry) await stream.fill();
      const { head } = stream;
      if (head?.accountId !== accountId) continue;
      const found = key(head);
      if (first === undefined || found < first) first = found;
    }
    if (first === undefined) return;

    const group: { source: Source; item: Item }[] = [];
    for (const { source, stream } of sources) {
      for (let { head } = stream; head?.accountId === accountId && key(head) === first; { head } = stream) {
        group.push({ source, item: head });
        stream.shift();
      }
    }
    await visit(group);
  }
}
