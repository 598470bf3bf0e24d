import Table from 'cli-table3';

/** A table for a terminal. It has no colours, because they would end up in files and pipes. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  alignments: ('left' | 'right')[] = head.map(() => 'left'),
): string {
  const table = new Table({
    head: [...head],
    colAligns: alignments,
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}
