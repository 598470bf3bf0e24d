/** What stands in a table: numbers stand at the right. */
export type Cell = string | number | bigint | undefined;

/** The columns of a list, by their names, in their order. */
export type Columns<T> = Readonly<Record<string, (item: T) => Cell>>;

/** What is said of one thing, by name; what is undefined is left out. */
export type Fields = Readonly<Record<string, Cell>>;

export interface Sheet {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export function sheetOf<T>(items: readonly T[], columns: Columns<T>): Sheet {
  return {
    head: Object.keys(columns),
    rows: items.map((item) => Object.values(columns).map((cell) => cell(item))),
  };
}

/** A sheet of one row. */
export function sheetOfFields(fields: Fields): Sheet {
  return { head: Object.keys(fields), rows: [Object.values(fields)] };
}
