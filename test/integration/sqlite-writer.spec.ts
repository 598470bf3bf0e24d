import Sqlite from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const WRITER = resolve(__dirname, '../../dist/src/shards/sqlite/file-writer.js');

/** Opens a file, writes what it is told to, and says so; and ends in the way it is told. */
const PROGRAM = `
  const { FileWriter } = require(${JSON.stringify(WRITER)});
  const [path, ending] = process.argv.slice(1);
  const statements = { insert: { sql: 'INSERT INTO line (id) VALUES (?)', parameters: 1 } };
  const msMax = { startMsMax: 60_000, writeMsMax: 60_000, stopMsMax: 60_000 };
  const writer = new FileWriter({ path, statements, ...msMax });
  writer.open().then(async () => {
    const written = writer.write([['insert', [1]]]);
    if (ending === 'at once') process.exit(1);
    await written;
    if (ending === 'after stopping') await writer.stop();
  });`;

describe("a process with a SQLite file's writer", () => {
  let folder: string;
  let path: string;
  let beside: Sqlite.Database;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-test-'));
    path = join(folder, 'file.sqlite');
    beside = new Sqlite(path);
    beside.pragma('journal_mode = WAL');
    beside.exec('CREATE TABLE line (id INTEGER PRIMARY KEY) STRICT');
  });

  afterEach(() => {
    beside.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (ending: string): Promise<unknown[]> => {
    const child = spawn(process.execPath, ['-e', PROGRAM, path, ending], { stdio: 'inherit' });
    return once(child, 'exit');
  };

  test.each(['after stopping', 'without stopping'])(
    'ends by itself %s, once all is written',
    async (ending) => {
      expect(await run(ending)).toEqual([0, null]);
      expect(beside.prepare('SELECT count(*) FROM line').pluck().get()).toBe(1);
    },
  );

  test('that is to end at once does not wait for a file that does not take what is being written', async () => {
    beside.exec('BEGIN IMMEDIATE');
    expect(await run('at once')).toEqual([null, 'SIGKILL']);
    beside.exec('ROLLBACK');
  });
});
