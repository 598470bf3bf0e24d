import { ShardFault, ShardUnavailableError } from '../shards/faults';
import { ADMINISTRATION, LOG_LEVELS, type LogLevel, SHORTFALL, StructuredLog } from './structured-log';
import { aString, containing, matching } from '../../test/setup/matching';

function logAt(level: LogLevel) {
  const lines: string[] = [];
  const log = new StructuredLog(level, (line) => void lines.push(line));
  return { log, lines, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the structured log', () => {
  test('writes one JSON object a line, with time, level and message first', () => {
    const { log, lines, records } = logAt('info');
    log.info('first\nline', { shard: 's0' });
    log.warn('second', { a: 1 }, { b: 'x' });
    expect(lines.map((line) => line.split('\n').length)).toEqual([2, 2]);
    expect(records()).toEqual([
      { time: matching(/^\d{4}-.*Z$/), level: 'info', message: 'first\nline', shard: 's0' },
      { time: aString, level: 'warn', message: 'second', a: 1, b: 'x' },
    ]);
    expect(Object.keys(records()[0] ?? {}).slice(0, 3)).toEqual(['time', 'level', 'message']);
  });

  test.each(LOG_LEVELS)('at the level %s writes it and whatever is worse', (level) => {
    const { log, records } = logAt(level);
    for (const each of LOG_LEVELS) log[each]('said');
    expect(records().map((record) => record['level'])).toEqual(
      LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level) + 1),
    );
  });

  test('takes what the framework has to say for debugging', () => {
    const { log, records } = logAt('debug');
    log.log('Nest application started', 'NestApplication');
    expect(records()).toMatchObject([
      { level: 'debug', message: 'Nest application started', context: 'NestApplication' },
    ]);
  });

  test('spells errors out, their causes too, and exact amounts as digits', () => {
    const { log, records } = logAt('error');
    const cause = new TypeError('inner');
    log.error('failed', { error: new Error('outer', { cause }), amountMinor: 10n ** 18n });
    expect(records()).toMatchObject([
      {
        amountMinor: '1000000000000000000',
        error: {
          name: 'Error',
          message: 'outer',
          stack: containing('outer'),
          cause: { name: 'TypeError', message: 'inner' },
        },
      },
    ]);
  });

  test('says what befell a database in its message alone', () => {
    const { log, records } = logAt('error');
    const driver = new Error('Access denied');
    const fault = new ShardFault('s1', 'unavailable', driver);
    log.error('failed', { error: new ShardUnavailableError('s1', 'closed', { cause: fault }), fault });
    log.error('failed', { defect: new ShardFault('s1', 'defect', driver) });
    const [outage = {}, { defect } = {}] = records();
    expect(JSON.stringify(outage)).not.toContain('stack');
    expect(outage).toMatchObject({
      error: { name: 'ShardUnavailableError', message: 'shard s1 is unavailable: closed' },
    });
    expect(defect).toMatchObject({ stack: containing('Access denied') });
  });

  test.each([
    ['a user and a password', 'mysql://root:hunter2@db:3306/ledger', 'db:3306/ledger'],
    ['a password alone', 'redis://:hunter2@cache:6379', 'cache:6379'],
    ['a password with an unescaped @', 'mysql://root:hunter2@hunter2@db/ledger', 'db/ledger'],
    ['a password with an unescaped /', 'mysql://root:hun/hunter2@db/ledger', 'db/ledger'],
    ['two URLs', 'mysql://u:hunter2@db1/l and mysql://u:hunter2@db2/l', 'db2/l'],
  ])('blots out %s in a URL, wherever it stands', (_what, url, kept) => {
    const { log, lines } = logAt('debug');
    log.info(`cannot reach ${url}`);
    log.info('cannot reach', { url, deep: [{ url }] });
    log.error('cannot reach', { error: new Error(url, { cause: new Error(url) }) });
    for (const line of lines) {
      expect(line).not.toContain('hunter2');
      expect(line).toContain(kept);
    }
  });

  test('leaves URLs without credentials as they are', () => {
    const { log, lines } = logAt('info');
    log.info('see https://example.org/a?b=c and write to someone@example.org');
    expect(lines[0]).toContain('see https://example.org/a?b=c and write to someone@example.org');
  });
});

describe('a structured log whose lines come too fast', () => {
  it('writes so many of each message in ten seconds, and says how many it left out', () => {
    const lines: string[] = [];
    let at = 0;
    const log = new StructuredLog(
      'info',
      (line) => lines.push(line),
      {},
      () => at,
    );
    for (let n = 0; n < 10_000; n += 1) {
      log.error('a command failed', { n });
      log.warn('tried again');
    }
    log.error('something else');
    expect(lines).toHaveLength(100 + 20 + 1);
    at = 10_000;
    log.error('a command failed');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      message: 'a command failed',
      linesLeftOut: 9_900,
    });
  });

  it('names every deduction that was lost', () => {
    const lines: string[] = [];
    const log = new StructuredLog('info', (line) => lines.push(line));
    for (let n = 0; n < 10_000; n += 1) log.error(SHORTFALL, { requestId: n });
    expect(lines).toHaveLength(10_000);
  });

  it('names every call of administrators', () => {
    const lines: string[] = [];
    const log = new StructuredLog('info', (line) => lines.push(line));
    for (let n = 0; n < 10_000; n += 1) log.info(ADMINISTRATION, { callId: n });
    expect(lines).toHaveLength(10_000);
  });
});
