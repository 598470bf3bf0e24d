import Table from 'cli-table3';

/** Thousands separated, as in `845,671`: for people; JSON output carries plain digits. */
export function grouped(value: number | bigint): string {
  return value.toLocaleString('en-US');
}

/** Names and values under each other. */
export function fieldTable(fields: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  return Object.entries(fields)
    .map(([name, value]) => `${name.padEnd(width)}  ${value}\n`)
    .join('');
}

/** Columns of which the first are text and all others are numbers. */
export function numberTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = 1,
): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, index) => (index < textColumns ? 'left' : 'right')),
    // Colours would end up in files and pipes.
    style: { head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return `${table.toString()}\n`;
}
