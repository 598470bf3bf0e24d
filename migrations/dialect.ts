import type { QueryRunner } from 'typeorm';

/** Runs the statements of the dialect at hand. Each must be safe to run again: MySQL commits DDL as it goes. */
export async function runStatements(
  queryRunner: QueryRunner,
  statements: { readonly mysql: readonly string[]; readonly sqlite: readonly string[] },
): Promise<void> {
  const dialect = queryRunner.dataSource.options.type === 'mysql' ? 'mysql' : 'sqlite';
  for (const statement of statements[dialect]) await queryRunner.query(statement);
}
