import Table from 'cli-table3';
import type { Cell, Fields, Sheet } from './columns';
import { harmless } from './harmless';
import { type Paint, paintStatus, plain } from './paint';

/** Thousands separated, as in `845,671`: for people; JSON output carries plain digits. */
export function grouped(value: number | bigint): string {
  return value.toLocaleString('en-US');
}

/** Names and values under each other. */
export function fieldTable(fields: Fields, paint: Paint = plain): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined);
  const width = Math.max(...shown.map(([name]) => harmless(name).length));
  return shown
    .map(([name, value]) => `${harmless(name).padEnd(width)}  ${textOf(value, name, paint)}\n`)
    .join('');
}

/** Columns of which the first are text and all others are numbers. */
export function numberTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = 1,
): string {
  return framed({
    head,
    rows: rows.map((row) => row.map(harmless)),
    isRight: (index) => index >= textColumns,
  });
}

/** A list within a frame. */
export function listTable({ head, rows }: Sheet, paint: Paint): string {
  return framed({
    head: head.map((name) => paint('head', name)),
    rows: rows.map((row) => row.map((cell, index) => textOf(cell, head[index] ?? '', paint))),
    isRight: (index) => isNumeric(rows, index),
  });
}

/** Columns without a frame, for lists whose end is not known when they begin. */
export class OpenTable {
  readonly #widths: number[];
  readonly #isRight: boolean[];

  /** @param first what the widths of the columns are taken from */
  constructor(
    private readonly head: readonly string[],
    first: readonly (readonly Cell[])[],
    private readonly paint: Paint,
  ) {
    this.#widths = head.map((name, index) =>
      Math.max(name.length, ...first.map((row) => textOf(row[index], '', plain).length)),
    );
    this.#isRight = head.map((_, index) => isNumeric(first, index));
  }

  headLine(): string {
    return `${this.paint(
      'head',
      this.#line(this.head, () => plain),
    )}\n`;
  }

  rows(rows: readonly (readonly Cell[])[]): string {
    return rows.map((row) => `${this.#line(row, () => this.paint)}\n`).join('');
  }

  #line(cells: readonly Cell[], paintOf: () => Paint): string {
    const padded = cells.map((cell, index) => {
      const text = textOf(cell, '', plain);
      const blanks = ' '.repeat(Math.max(0, (this.#widths[index] ?? 0) - text.length));
      const shown = textOf(cell, this.head[index] ?? '', paintOf());
      return this.#isRight[index] === true ? blanks + shown : shown + blanks;
    });
    return padded.join('  ').trimEnd();
  }
}

/** Names of columns and fields that say how something is. */
const STATUSES = new Set(['status', 'state', 'outcome']);

function textOf(cell: Cell, name: string, paint: Paint): string {
  const text = cell === undefined ? '' : harmless(String(cell));
  return STATUSES.has(name) ? paintStatus(paint, text) : text;
}

function isNumeric(rows: readonly (readonly Cell[])[], index: number): boolean {
  return rows.some((row) => typeof row[index] === 'number' || typeof row[index] === 'bigint');
}

function framed(given: {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly isRight: (index: number) => boolean;
}): string {
  const table = new Table({
    head: [...given.head],
    colAligns: given.head.map((_, index) => (given.isRight(index) ? 'right' : 'left')),
    // Its own colours would end up in files and pipes.
    style: { head: [], border: [] },
  });
  table.push(...given.rows.map((row) => [...row]));
  return `${table.toString()}\n`;
}
