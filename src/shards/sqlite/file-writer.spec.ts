import Sqlite from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileWriter, type FileWriterSettings } from './file-writer';

const ROWS_TOGETHER = 3;

const STATEMENTS = {
  insert: {
    sql: 'INSERT INTO line (id, text) VALUES (?, ?)',
    parameters: 2,
    together: { rows: ROWS_TOGETHER, sql: 'INSERT INTO line (id, text) VALUES (?, ?), (?, ?), (?, ?)' },
  },
  append: { sql: 'UPDATE line SET text = text || ? WHERE id = ?', parameters: 2 },
};

describe("a file's writer", () => {
  let folder: string;
  let path: string;
  /** Another connection of this process. */
  let beside: Sqlite.Database;
  let writers: FileWriter[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-test-'));
    path = join(folder, 'file.sqlite');
    beside = new Sqlite(path);
    beside.pragma('journal_mode = WAL');
    beside.exec('CREATE TABLE line (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT');
    writers = [];
  });

  afterEach(async () => {
    if (beside.inTransaction) beside.exec('ROLLBACK');
    await Promise.all(writers.map((writer) => writer.stop()));
    beside.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (settings: Partial<FileWriterSettings> = {}): Promise<FileWriter> => {
    const msMax = { startMsMax: 10_000, writeMsMax: 10_000, stopMsMax: 10_000 };
    const writer = new FileWriter({ path, statements: STATEMENTS, ...msMax, ...settings });
    writers.push(writer);
    await writer.open();
    return writer;
  };
  const lines = (): unknown[] => beside.prepare('SELECT id, text FROM line ORDER BY id').raw().all();

  /** A writer that was given a row while another connection had the file locked, and whose time is up. */
  const withoutAnswer = async (
    settings: Partial<FileWriterSettings> = {},
  ): Promise<{ writer: FileWriter; answer: Promise<unknown> }> => {
    const writer = await start({ writeMsMax: 20, ...settings });
    beside.exec('BEGIN IMMEDIATE');
    return { writer, answer: codeOf(writer.write([['insert', [1, 'late']]])) };
  };

  test('writes every row once, in order, whatever number of them one statement takes', async () => {
    const writer = await start();
    const ids = Array.from({ length: 2 * ROWS_TOGETHER + 2 }, (_, id) => id);
    await writer.write([
      ['insert', ids.flatMap((id) => [id, `line ${id}`])],
      ['append', [0, 1].flatMap((id) => ['!', id])],
      ['append', ['?', 1]],
    ]);
    const expected = ids.map((id) => [id, `line ${id}`]);
    expected[0] = [0, 'line 0!'];
    expected[1] = [1, 'line 1!?'];
    expect(lines()).toEqual(expected);
  });

  test('passes on the code of an error, after taking back what came before it, and goes on', async () => {
    const writer = await start();
    await writer.write([['insert', [1, 'one']]]);
    const twice = writer.write([
      ['append', ['!', 1]],
      ['insert', [1, 'two']],
    ]);
    await expect(twice).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
    expect(lines()).toEqual([[1, 'one']]);

    await writer.write([['insert', [2, 'two']]]);
    expect(lines()).toHaveLength(2);
  });

  test('takes one transaction at a time', async () => {
    const writer = await start();
    const first = writer.write([['insert', [1, 'one']]]);
    await expect(writer.write([['insert', [2, 'two']]])).rejects.toThrow('under way');
    await first;
    expect(lines()).toEqual([[1, 'one']]);
  });

  test('says why a file cannot be opened', async () => {
    await expect(start({ path: join(folder, 'other.sqlite') })).rejects.toMatchObject({
      code: 'SQLITE_CANTOPEN',
    });
  });

  test('that does not answer in time ends, and has not ended before it let go of the file', async () => {
    const { writer, answer } = await withoutAnswer();
    expect(await answer).toBe('WRITER_ENDED');
    expect(writer).toMatchObject({ isEnding: true, hasEnded: false });
    expect(await codeOf(writer.write([]))).toBe('WRITER_ENDED');

    beside.exec('COMMIT');
    await writer.ended;
    expect(writer.hasEnded).toBe(true);
    // What was let in afterwards may have been written; it is not written any later.
    const found = lines();
    await (await start()).write([['insert', [2, 'next']]]);
    expect(lines()).toEqual([...found, [2, 'next']]);
  });

  test('is waited for only so long when it is stopped', async () => {
    const { writer, answer } = await withoutAnswer({ stopMsMax: 20 });
    await answer;
    await writer.stop();
    expect(writer.hasEnded).toBe(false);
  });

  test('finishes what is under way when it is stopped', async () => {
    const writer = await start();
    const written = writer.write([['insert', [1, 'one']]]);
    await writer.stop();
    await written;
    expect(writer.hasEnded).toBe(true);
    expect(lines()).toEqual([[1, 'one']]);
  });
});

function codeOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => 'done',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}
