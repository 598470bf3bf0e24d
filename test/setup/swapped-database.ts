import type { Cell, Database, Dialect, Parameter, SchemaPart } from '../../src/shards/database';

/** A database in whose place another one stands for so many reads, and is gone again. */
export class SwappedDatabase implements Database {
  readsElsewhere = 0;

  constructor(
    private readonly own: Database,
    private readonly other: Database,
  ) {}

  get dialect(): Dialect {
    return this.own.dialect;
  }

  open(part: SchemaPart): Promise<void> {
    return this.own.open(part);
  }

  read(sql: string, parameters?: readonly Parameter[]): Promise<Cell[][]> {
    const database = this.readsElsewhere > 0 ? this.other : this.own;
    this.readsElsewhere -= 1;
    return database.read(sql, parameters);
  }

  readSettled(sql: string, parameters?: readonly Parameter[]): Promise<Cell[][]> {
    return this.own.readSettled(sql, parameters);
  }

  write(sql: string, parameters?: readonly Parameter[]): Promise<number> {
    return this.own.write(sql, parameters);
  }

  async close(): Promise<void> {
    await this.own.close();
    await this.other.close();
  }
}
