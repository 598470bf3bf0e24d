import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings, SETTINGS, type SettingsError } from './settings';

const KEY = 'a-key-of-an-admin-0123456789';
const MYSQL = 'mysql://user:pass%20word@db.example:3306/hotsplit';

/** Each secret setting, with a value that does. */
const VALUES: Readonly<Record<string, string>> = {
  HOTSPLIT_SHARDS: MYSQL,
  HOTSPLIT_DIRECTORY: MYSQL,
  HOTSPLIT_ADMIN_KEY: KEY,
  HOTSPLIT_PREVIOUS_ADMIN_KEY: KEY,
  HOTSPLIT_REDIS_URL: 'redis://:secret@cache.example:6379',
  HOTSPLIT_KAFKA_PASSWORD: 'secret',
  HOTSPLIT_SCREENING_URL: 'https://user:password@screening.example/clicks',
  HOTSPLIT_SCREENING_SECRET: KEY,
  HOTSPLIT_TRACES_URL: 'https://user:password@collector.example/v1/traces',
};

/** What some of them need beside them. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  HOTSPLIT_KAFKA_PASSWORD: {
    HOTSPLIT_KAFKA_BROKERS: 'kafka.example:9092',
    HOTSPLIT_KAFKA_SASL: 'PLAIN',
    HOTSPLIT_KAFKA_USER: 'hotsplit',
  },
  HOTSPLIT_SCREENING_SECRET: { HOTSPLIT_SCREENING_URL: 'https://screening.example/clicks' },
};

describe('a secret', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-secrets-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (text: string): string => {
    const path = join(folder, 'secret');
    writeFileSync(path, text);
    return path;
  };
  const faultsOf = (environment: Readonly<Record<string, string>>): readonly string[] => {
    try {
      readSettings(environment);
      return [];
    } catch (error) {
      return (error as SettingsError).faults;
    }
  };

  test('is every setting that the code calls one', () => {
    const secrets = Object.values<{ variable: string; secret?: true }>(SETTINGS).filter(
      ({ secret }) => secret,
    );
    expect(Object.keys(VALUES).sort()).toEqual(secrets.map(({ variable }) => variable).sort());
  });

  test.each(Object.entries(VALUES))('may stand in a file: %s', (variable, value) => {
    const path = file(`${value}\n`);
    const beside = BESIDE[variable];
    expect(readSettings({ ...beside, [`${variable}_FILE`]: path })).toEqual(
      readSettings({ ...beside, [variable]: value }),
    );
  });

  test.each(Object.entries(VALUES))('is given once: %s', (variable, value) => {
    expect(faultsOf({ ...BESIDE[variable], [variable]: value, [`${variable}_FILE`]: file(value) })).toEqual([
      `${variable} and ${variable}_FILE are both set; keep one of them`,
    ]);
  });

  test('is not looked for where no setting has its name', () => {
    expect(faultsOf({ HOTSPLIT_HOST_FILE: file('x') })).toEqual([
      'HOTSPLIT_HOST_FILE: there is no such setting',
    ]);
  });

  test.each([
    ['', 'is empty'],
    [' \n', 'is empty'],
    ['x'.repeat(70_000), 'is longer than 65536 bytes'],
  ])('is not read from a file that holds none', (text, fault) => {
    const path = file(text);
    expect(faultsOf({ HOTSPLIT_ADMIN_KEY_FILE: path })).toEqual([
      `HOTSPLIT_ADMIN_KEY_FILE: ${JSON.stringify(path)} ${fault}`,
    ]);
  });

  test('is not read from a file that is not there, or is none', () => {
    for (const [path, code] of [
      [join(folder, 'none'), 'ENOENT'],
      [folder, 'EISDIR'],
    ] as const)
      expect(faultsOf({ HOTSPLIT_ADMIN_KEY_FILE: path })).toEqual([
        `HOTSPLIT_ADMIN_KEY_FILE: ${JSON.stringify(path)} cannot be read (${code})`,
      ]);
  });

  test('loses the line break that a shell or an editor left behind it', () => {
    expect(readSettings({ HOTSPLIT_ADMIN_KEY: ` ${KEY}\r\n` }).adminKey).toBe(KEY);
  });

  test.each(['two words of an admin', 'two\nlines-of-an-admin', 'schlüssel-des-admins', 'short'])(
    'that could never be sent is refused and not shown: %j',
    (key) => {
      for (const variable of ['HOTSPLIT_ADMIN_KEY', 'HOTSPLIT_PREVIOUS_ADMIN_KEY']) {
        const faults = faultsOf({ [variable]: key });
        expect(faults).toEqual([
          `${variable}: what it is set to does not do: 16 to 1,024 printable ASCII characters without blanks`,
        ]);
      }
    },
  );
});
