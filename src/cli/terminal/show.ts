import type { Columns, Fields } from './columns';
import { sheetOf, sheetOfFields } from './columns';
import { csvText } from './csv';
import { jsonText } from './harmless';
import type { Paint } from './paint';
import { fieldTable, listTable, OpenTable } from './tables';
import type { TextOutput } from './text-output';

export const FORMATS = ['table', 'csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** How many of a long list the widths of its columns are taken from. */
const MEASURED = 100;

/**
 * What a command has to show, in the form that was asked for: a table for people, CSV for spreadsheets, JSON for machines, which
 * is what the service said. All text that comes from elsewhere is made harmless on the way.
 */
export class Show {
  readonly #out: TextOutput;
  readonly #paint: Paint;
  readonly format: Format;

  constructor({ out, paint, format }: Pick<Show, 'format'> & { out: TextOutput; paint: Paint }) {
    this.#out = out;
    this.#paint = paint;
    this.format = format;
  }

  get isJson(): boolean {
    return this.format === 'json';
  }

  /** A document of its own kind, as it is for machines and as it is for people. */
  document(value: unknown, { text, fields }: { readonly text: () => string; readonly fields: Fields }): void {
    if (this.format === 'json') this.#out.write(`${jsonText(value)}\n`);
    else if (this.format === 'csv') this.#out.write(csvText(sheetOfFields(fields), { withHead: true }));
    else this.#out.write(text());
  }

  /** One thing. @param title what happened to it, for people */
  one(value: unknown, fields: Fields, title?: string): void {
    const text = () => `${title === undefined ? '' : `${title}\n`}${fieldTable(fields, this.#paint)}`;
    this.document(value, { text, fields });
  }

  /** That something is done of which there is nothing more to say. */
  done(value: Readonly<Record<string, string | boolean>>, said: string): void {
    const fields = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]));
    this.document(value, { text: () => `${said}\n`, fields });
  }

  /** A list that is at hand. @param none what people are told when it is empty */
  list<T>(items: readonly T[], columns: Columns<T>, further: object = {}): void {
    const sheet = sheetOf(items, columns);
    if (this.format === 'json') this.#out.write(`${jsonText({ items, ...further })}\n`);
    else if (this.format === 'csv') this.#out.write(csvText(sheet, { withHead: true }));
    else this.#out.write(listTable(sheet, this.#paint));
  }

  /** A list that comes piece by piece and may be longer than memory: one JSON document all the same. */
  async longList<T>(items: AsyncIterable<T>, columns: Columns<T>, none: string): Promise<void> {
    const sink = this.#sinkOf(columns, none);
    for await (const item of items) await this.#write(sink.add(item));
    await this.#write(sink.end());
  }

  /** Things that come one by one, and are shown as they come: JSON has a line for each. */
  line<T>(item: T, columns: Columns<T>, { text, isFirst }: { text: () => string; isFirst: boolean }): void {
    if (this.format === 'json') this.#out.write(`${jsonText(item)}\n`);
    else if (this.format === 'csv') this.#out.write(csvText(sheetOf([item], columns), { withHead: isFirst }));
    else this.#out.write(`${text()}\n`);
  }

  async #write(text: string): Promise<void> {
    if (text !== '' && !this.#out.write(text)) await this.#out.drained();
  }

  #sinkOf<T>(columns: Columns<T>, none: string): Sink<T> {
    if (this.format === 'json') return new JsonSink();
    if (this.format === 'csv') return new CsvSink(columns);
    return new TableSink(columns, this.#paint, none);
  }
}

/** @returns what is to be written now */
interface Sink<T> {
  add(item: T): string;
  end(): string;
}

class JsonSink<T> implements Sink<T> {
  #begun = false;

  add(item: T): string {
    const before = this.#begun ? ',' : '{"items":[';
    this.#begun = true;
    return `${before}${jsonText(item)}`;
  }

  end(): string {
    return this.#begun ? ']}\n' : '{"items":[]}\n';
  }
}

class CsvSink<T> implements Sink<T> {
  #begun = false;

  constructor(private readonly columns: Columns<T>) {}

  add(item: T): string {
    const text = csvText(sheetOf([item], this.columns), { withHead: !this.#begun });
    this.#begun = true;
    return text;
  }

  end(): string {
    return this.#begun ? '' : csvText(sheetOf([], this.columns), { withHead: true });
  }
}

class TableSink<T> implements Sink<T> {
  #first: T[] | undefined = [];
  #table: OpenTable | undefined;

  constructor(
    private readonly columns: Columns<T>,
    private readonly paint: Paint,
    private readonly none: string,
  ) {}

  add(item: T): string {
    if (!this.#first) return this.#table?.rows(sheetOf([item], this.columns).rows) ?? '';
    this.#first.push(item);
    return this.#first.length < MEASURED ? '' : this.#begin();
  }

  end(): string {
    if (this.#first?.length === 0) return `${this.none}\n`;
    return this.#first ? this.#begin() : '';
  }

  #begin(): string {
    const { head, rows } = sheetOf(this.#first ?? [], this.columns);
    this.#first = undefined;
    this.#table = new OpenTable(head, rows, this.paint);
    return `${this.#table.headLine()}${this.#table.rows(rows)}`;
  }
}
