import type { QueryRunner } from 'typeorm';

/**
 * What MySQL says of a column (1060) or key (1061) that an earlier run added, or of a key (1091) that it dropped, when
 * that run did not live to record so.
 */
const DONE_BEFORE = new Set([1060, 1061, 1091]);

/** Runs the statements of the dialect at hand. Each must be safe to run again: MySQL commits DDL as it goes. */
export async function runStatements(
  queryRunner: QueryRunner,
  statements: { readonly mysql: readonly string[]; readonly sqlite: readonly string[] },
): Promise<void> {
  const dialect = queryRunner.dataSource.options.type === 'mysql' ? 'mysql' : 'sqlite';
  for (const statement of statements[dialect]) {
    try {
      await queryRunner.query(statement);
    } catch (error) {
      if (dialect === 'mysql' && DONE_BEFORE.has(Number((error as { errno?: number }).errno))) continue;
      throw error;
    }
  }
}
