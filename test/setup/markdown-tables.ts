/** A row of a Markdown table: cells by column name, without the backticks around whole cells. */
export type TableRow = Readonly<Record<string, string>>;

/** The rows of the first table in `markdown` that has all of the given columns. */
export function tableWith(markdown: string, columns: readonly string[]): TableRow[] {
  const lines = markdown.split('\n');
  for (const [position, line] of lines.entries()) {
    const header = cellsOf(line);
    if (!columns.every((column) => header.includes(column))) continue;
    if (!/^\|[\s|:-]+\|$/.test(lines[position + 1]?.trim() ?? '')) continue;
    const rows: TableRow[] = [];
    for (const row of lines.slice(position + 2)) {
      if (!row.trim().startsWith('|')) break;
      const cells = cellsOf(row);
      rows.push(Object.fromEntries(header.map((column, n) => [column, cells[n] ?? ''])));
    }
    return rows;
  }
  throw new Error(`no table with the columns ${columns.join(', ')}`);
}

function cellsOf(line: string): string[] {
  const parts = line.trim().split(/(?<!\\)\|/);
  return parts.slice(1, -1).map((cell) =>
    cell
      .trim()
      .replace(/^`([^`]*)`$/, '$1')
      .replaceAll('\\|', '|'),
  );
}
