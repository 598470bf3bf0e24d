import {
  type Location,
  nodeUrls,
  parseLocation,
  parseShardAddress,
  splitAddresses,
  withoutSecrets,
} from './shard-address';

describe('parseShardAddress', () => {
  test.each<[string, string, Location]>([
    ['sqlite:/var/lib/hotsplit/s0.db', 's7', { kind: 'sqlite', path: '/var/lib/hotsplit/s0.db' }],
    ['sqlite:data/s0.db', 's7', { kind: 'sqlite', path: 'data/s0.db' }],
    ['sqlite:odd=name.db', 's7', { kind: 'sqlite', path: 'odd=name.db' }],
    ['east=sqlite:odd=name.db', 'east', { kind: 'sqlite', path: 'odd=name.db' }],
    ['mysql://u:p@db1:3306/ledger', 's7', { kind: 'mysql', url: 'mysql://u:p@db1:3306/ledger' }],
    ['mysql://db1/ledger', 's7', { kind: 'mysql', url: 'mysql://db1/ledger' }],
    ['east-1=mysql://u:p@db1/ledger', 'east-1', { kind: 'mysql', url: 'mysql://u:p@db1/ledger' }],
    ['E_1=mysql://u:p@db1/ledger?ssl=true', 'E_1', { kind: 'mysql', url: 'mysql://u:p@db1/ledger?ssl=true' }],
    ['mysql://u:p=w:d==@db1/ledger', 's7', { kind: 'mysql', url: 'mysql://u:p=w:d==@db1/ledger' }],
    ['a=mysql://u:p=w:d==@db1/ledger', 'a', { kind: 'mysql', url: 'mysql://u:p=w:d==@db1/ledger' }],
    ['mysql://u:p%40w%2Fd@db1/ledger', 's7', { kind: 'mysql', url: 'mysql://u:p%40w%2Fd@db1/ledger' }],
    ['a=mysql://u@[::1]:3307/ledger', 'a', { kind: 'mysql', url: 'mysql://u@[::1]:3307/ledger' }],
    [
      'c=mysql://u:p@h1:3306,h2:3307,[::1]/ledger?ssl=true',
      'c',
      { kind: 'mysql', url: 'mysql://u:p@h1:3306,h2:3307,[::1]/ledger?ssl=true' },
    ],
    [
      'mysql://db1/ledger?ssl=true&ssl-ca=/etc/ca.pem&ssl-cert=/etc/a.crt&ssl-key=/etc/a.key',
      's7',
      {
        kind: 'mysql',
        url: 'mysql://db1/ledger?ssl=true&ssl-ca=/etc/ca.pem&ssl-cert=/etc/a.crt&ssl-key=/etc/a.key',
      },
    ],
    ['mysql://db1/ledger?ssl=false', 's7', { kind: 'mysql', url: 'mysql://db1/ledger?ssl=false' }],
    [`${'x'.repeat(64)}=sqlite:a`, 'x'.repeat(64), { kind: 'sqlite', path: 'a' }],
  ])('%s is a shard called %s', (value, name, location) => {
    expect(parseShardAddress(value, 7)).toEqual({ name, location });
  });

  test.each([
    ['nothing', '', /neither mysql:.* nor sqlite:/],
    ['a name and nothing', 'a=', /neither mysql:.* nor sqlite:/],
    ['a path without a scheme', '/var/lib/s0.db', /neither mysql:.* nor sqlite:/],
    ['no path', 'sqlite:', /needs the path/],
    ['no path behind a name', 'a=sqlite:', /needs the path/],
    ['another database', 'postgres://u:hunter2@db/ledger', /only mysql:.* and sqlite: are supported/],
    ['no host', 'mysql:///ledger', /names no host/],
    ['no database', 'mysql://u:hunter2@db1:3306', /names no database/],
    ['no database behind a slash', 'mysql://u:hunter2@db1/', /names no database/],
    ['two databases', 'mysql://u:hunter2@db1/a/b', /names no database/],
    ['a port that is none', 'mysql://u:hunter2@db1:port/ledger', /neither mysql:/],
    ['an unescaped # in the password', 'a=mysql://u:hunter2#@db1/ledger', /neither mysql:/],
    ['an unescaped / in the password', 'a=mysql://u:hunter2/@db1/ledger', /neither mysql:/],
    ['an empty host among several', 'mysql://u:hunter2@h1,,h3/ledger', /names no host|neither mysql:/],
    ['a host named twice', 'mysql://u:hunter2@h1,h2:3306,h2/ledger', /names a host twice/],
    ['a wrong port among several', 'mysql://u:hunter2@h1,h2:port/ledger', /neither mysql:/],
    [
      'too many hosts',
      `mysql://${Array.from({ length: 17 }, (_, n) => `h${n}`).join(',')}/l`,
      /more than 16/,
    ],
    ['another word for true', 'mysql://u:hunter2@db1/ledger?ssl=1', /ssl .*is true or false/],
    ['the word of another driver', 'mysql://u:hunter2@db1/ledger?sslmode=require', /"sslmode"/],
    ['yet another', 'mysql://u:hunter2@db1/ledger?ssl=true&ssl-mode=VERIFY_CA', /"ssl-mode"/],
    ['a socket', 'mysql://u:hunter2@db1/ledger?socketPath=/tmp/mysql.sock', /"socketPath"/],
    ['a parameter in capitals', 'mysql://u:hunter2@db1/ledger?SSL=true', /"SSL"/],
    ['a parameter twice', 'mysql://u:hunter2@db1/ledger?ssl=true&ssl=false', /ssl twice/],
    ['a parameter on one of several hosts', 'mysql://u:hunter2@h1,h2/ledger?tls=true', /"tls"/],
    ['an authority without TLS', 'mysql://u:hunter2@db1/ledger?ssl-ca=/ca.pem', /ssl-ca .*needs ssl=true/],
    ['a certificate without a key', 'mysql://db1/ledger?ssl=true&ssl-cert=/a.crt', /ssl-cert and ssl-key/],
    ['an authority without a file', 'mysql://db1/ledger?ssl=true&ssl-ca=', /needs the path of a file/],
    ['a # behind the database', 'mysql://u:hunter2@db1/ledger#ssl=true', /%23/],
    ['an unescaped / and ? in the password', 'mysql://u:1/x?hunter2@db1/ledger', /names no|a parameter/],
    ['a parameter of a file', 'sqlite:/var/lib/s0.db?mode=ro', /"mode"/],
    ['a blank in the name', 'a b=sqlite:x', /a shard's name/],
    ['a comma in the name', 'a,b=sqlite:x', /a shard's name/],
    ['a name that begins with a dash', '-a=sqlite:x', /a shard's name/],
    ['a name too long', `${'x'.repeat(65)}=sqlite:x`, /a shard's name/],
  ])('refuses %s by saying what is wrong, and never quotes a password', (_what, value, message) => {
    const refused = errorOf(() => parseShardAddress(value, 0));
    expect(refused).toBeInstanceOf(RangeError);
    expect(refused.message).toMatch(message);
    expect(refused.message).not.toContain('hunter2');
    expect(refused.cause).toBeUndefined();
  });

  test('refuses a database that is really the rest of a password', () => {
    expect(() => parseLocation('mysql://u:12/hunter2@db1')).toThrow(RangeError);
  });
});

describe('splitAddresses', () => {
  test.each([
    ['sqlite:a, sqlite:b', ['sqlite:a', 'sqlite:b']],
    [
      'a=mysql://u:p@h1:1,h2:2,h3:3/db,b=mysql://h4/db',
      ['a=mysql://u:p@h1:1,h2:2,h3:3/db', 'b=mysql://h4/db'],
    ],
    ['mysql://h1, h2/db?ssl=true, mysql://h3,h4/db', ['mysql://h1,h2/db?ssl=true', 'mysql://h3,h4/db']],
    ['mysql://h1/db,h2/db', ['mysql://h1/db', 'h2/db']],
    ['mysql://h1,b=sqlite:x', ['mysql://h1', 'b=sqlite:x']],
    ['mysql://h1,sqlite:x', ['mysql://h1', 'sqlite:x']],
    ['mysql://h1,mysql://h2/db', ['mysql://h1', 'mysql://h2/db']],
    ['sqlite:a,h2/db', ['sqlite:a', 'h2/db']],
    // A comma in a password is written %2C.
    ['mysql://u:p,w@h1/db', ['mysql://u:p', 'w@h1/db']],
  ])('%s', (list, addresses) => {
    expect(splitAddresses(list)).toEqual(addresses);
  });
});

test('a URL of several hosts is one URL for each, with the same credentials and database', () => {
  expect(nodeUrls('mysql://u:p@h1:1,h2/db?ssl=true')).toEqual([
    'mysql://u:p@h1:1/db?ssl=true',
    'mysql://u:p@h2/db?ssl=true',
  ]);
});

describe('withoutSecrets', () => {
  test.each([
    ['mysql://u:hunter2@db1/ledger', 'mysql://db1:3306/ledger'],
    ['mysql://u:hunter2@db1:3307/ledger?ssl=true&ssl-ca=/hunter2', 'mysql://db1:3307/ledger'],
    ['mysql://hunter2@[::1]/ledger', 'mysql://[::1]:3306/ledger'],
    ['mysql://u:hunter2@h1,h2:3307/ledger', 'mysql://h1:3306,h2:3307/ledger'],
    ['sqlite:data/s0.db', 'sqlite:data/s0.db'],
  ])('%s may be logged as %s', (value, logged) => {
    expect(withoutSecrets(parseLocation(value))).toBe(logged);
  });
});

function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}
