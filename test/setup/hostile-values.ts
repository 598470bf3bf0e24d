/** Values that no field of a kind may have, as JSON source text by what is wrong with them. */
type Literals = Readonly<Record<string, string>>;

const text = (value: string): string => JSON.stringify(value);

const OTHER_TYPES: Literals = {
  null: 'null',
  true: 'true',
  'a list': '["1"]',
  'an empty list': '[]',
  'an object': '{"amount":"1"}',
  'an empty object': '{}',
};

const AMOUNTS: Literals = {
  ...OTHER_TYPES,
  'a fraction': '1.5',
  'a tiny fraction': '1e-7',
  'a negative number': '-1',
  zero: '0',
  'minus zero': '-0',
  infinity: '1e400',
  'minus infinity': '-1e400',
  'an unsafe integer': '9007199254740993',
  '2^53': '9007199254740992',
  '10^19': '10000000000000000000',
  'an empty string': '""',
  'a blank': '" "',
  'the string 0': '"0"',
  'a string with a leading zero': '"01"',
  'a string with a leading blank': '" 1"',
  'a string with a trailing blank': '"1 "',
  'a string with a line end': '"1\\n"',
  'a string with an exponent': '"1e3"',
  'a string with a plus': '"+1"',
  'a string with a minus': '"-1"',
  'a string with a point': '"1.0"',
  'a string with a comma': '"1,000"',
  'a string with an underscore': '"1_000"',
  'a hexadecimal string': '"0x10"',
  'a BigInt literal in a string': '"1n"',
  'Arabic digits': text('١٢'),
  'full-width digits': text('１２'),
  'a word': '"NaN"',
  'a string above 10^18': '"1000000000000000001"',
  'a string of 10^19': '"10000000000000000000"',
  'a string of 1,000 digits': text('9'.repeat(1_000)),
};

const TEXTS: Literals = {
  ...OTHER_TYPES,
  'a number': '7',
  'an empty string': '""',
};

const IDS: Literals = {
  ...TEXTS,
  '65 characters': text('x'.repeat(65)),
  '10,000 characters': text('x'.repeat(10_000)),
  'a blank': '" "',
  'a blank inside': '"a b"',
  'a line end': '"a\\n"',
  'a tab': '"a\\tb"',
  'a null character': '"a\\u0000"',
  'a delete character': '"a\\u007f"',
  'an umlaut': text('ä'),
  'an emoji': text('💥'),
  'a zero-width space': text('a\u200bb'),
  'a lone surrogate': '"\\ud800"',
};

const ACCOUNT_IDS: Literals = {
  ...IDS,
  'a slash': '"a/b"',
  'a percent': '"a%41"',
  'a quote': `"a'b"`,
  'a star': '"*"',
};

const INTEGERS: Literals = {
  ...OTHER_TYPES,
  zero: '0',
  'a negative number': '-1',
  'a fraction': '1.5',
  infinity: '1e400',
  'an unsafe integer': '9007199254740993',
  'a string': '"2"',
};

const ASSETS: Literals = {
  ...TEXTS,
  'lower case': '"usd/2"',
  'a leading digit': '"1USD"',
  '17 characters': text('A'.repeat(17)),
  'a bare slash': '"USD/"',
  'three decimals’ digits': '"USD/100"',
  'a blank': '"USD /2"',
  'a line end': '"USD/2\\n"',
  'an umlaut': text('ÄUR/2'),
};

const REFERENCES: Literals = {
  ...TEXTS,
  '256 characters': text('x'.repeat(256)),
  'a lone surrogate': '"a\\udc00"',
};

const METADATA: Literals = {
  null: 'null',
  'a list': '[]',
  'a string': '"a"',
  'a number as a value': '{"a":1}',
  'null as a value': '{"a":null}',
  'an object as a value': '{"a":{"b":"c"}}',
  '33 pairs': JSON.stringify(Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`k${n}`, 'v']))),
  'an empty key': '{"":"v"}',
  'a key of 65 characters': JSON.stringify({ ['k'.repeat(65)]: 'v' }),
  'a value of 513 characters': JSON.stringify({ k: 'v'.repeat(513) }),
  'more than 4 KiB': JSON.stringify(
    Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`k${n}`, 'v'.repeat(500)])),
  ),
  'a lone surrogate as a value': '{"a":"\\ud800"}',
  'a lone surrogate as a key': '{"\\ud800":"a"}',
  __proto__: '{"__proto__":"a"}',
  'lists in lists': `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
};

const NAMES: Literals = { ...TEXTS, '65 characters': text('x'.repeat(65)), 'a lone surrogate': '"\\ud800"' };

const SCOPES: Literals = {
  null: 'null',
  'a string': '"read"',
  'an empty list': '[]',
  'an unknown scope': '["root"]',
  'a scope twice': '["read","read"]',
  'another case': '["Read"]',
  'a number': '[1]',
  'a list in a list': '[["read"]]',
};

/** Beside four sub-accounts. */
const SHARDS: Literals = {
  null: 'null',
  'a string': '"s0"',
  'a number': '7',
  'an object': '{"0":"s0"}',
  'an empty list': '[]',
  'a list of a number': '[0]',
  'a list in a list': '[["s0"]]',
  'a list of null': '[null]',
  'an unknown shard': '["s0","nowhere"]',
  'another case': '["S0"]',
  'a shard twice': '["s0","s0"]',
  'more shards than sub-accounts': '["s0","s1","a","b","c"]',
  '1,025 shards': JSON.stringify(Array.from({ length: 1_025 }, (_, n) => `s${n}`)),
  'two in one': '["s0,s1"]',
  'an empty name': '[""]',
  'an over-long name': text('x'.repeat(65)).replace(/^/, '[').replace(/$/, ']'),
  'a quote': `["s0'"]`,
  'a null character': '["s0\\u0000"]',
  'a lone surrogate': '["\\ud800"]',
};

const URLS: Literals = {
  ...TEXTS,
  'a word': '"shard"',
  'another protocol': '"http://127.0.0.1/db"',
  PostgreSQL: '"postgres://root@127.0.0.1/db"',
  'no host': '"mysql:///db"',
  'no database': '"mysql://root@127.0.0.1"',
  'a path of databases': '"mysql://root@127.0.0.1/a/b"',
  'an impossible port': '"mysql://root@127.0.0.1:99999/db"',
  'a broken escape': '"mysql://root:%zz@127.0.0.1/db"',
  'no path': '"sqlite:"',
  'a relative path': '"sqlite:shard.sqlite"',
  'a path out of here': '"sqlite:../shard.sqlite"',
  'a null character': '"sqlite:/tmp/a\\u0000b"',
  'a line end': '"sqlite:/tmp/a\\n"',
  'a lone surrogate': '"sqlite:/tmp/\\ud800"',
  '2,049 characters': text(`sqlite:/${'x'.repeat(2_041)}`),
};

const STRATEGIES: Literals = {
  ...TEXTS,
  'an unknown one': '"fastest"',
  'another case': '"Atomic"',
};

/** An opening balance may be nothing. */
const OPENINGS: Literals = Object.fromEntries(
  Object.entries(AMOUNTS).filter(([, literal]) => literal !== '0' && literal !== '"0"'),
);

export const HOSTILE = {
  amount: AMOUNTS,
  opening: OPENINGS,
  accountId: ACCOUNT_IDS,
  requestId: IDS,
  count: { ...INTEGERS, 'more than allowed': '1025' },
  seconds: { ...INTEGERS, 'more than allowed': '2592001' },
  asset: ASSETS,
  reference: REFERENCES,
  metadata: METADATA,
  name: NAMES,
  scopes: SCOPES,
  strategy: STRATEGIES,
  shards: SHARDS,
  url: URLS,
} as const;

/** Bodies that no endpoint may take. */
export const HOSTILE_BODIES: Literals = {
  nothing: '',
  blanks: '  ',
  'malformed JSON': '{amount:1}',
  'half a body': '{"amount":"1"',
  'an open string': '{"amount":"1',
  'two values': '{} {}',
  'a trailing comma': '{"amount":"1",}',
  'single quotes': `{'amount':'1'}`,
  'a comment': '{"amount":"1"/* one */}',
  NaN: '{"amount":NaN}',
  'a hexadecimal number': '{"amount":0x10}',
  'a leading zero': '{"amount":01}',
  'a plus sign': '{"amount":+1}',
  'a line end in a string': '{"requestId":"a\nb"}',
  null: 'null',
  true: 'true',
  'a number': '1',
  'a string': '"amount"',
  'a list': '[{"amount":"1"}]',
  'an empty object': '{}',
  'lists in lists': '['.repeat(30_000) + ']'.repeat(30_000),
  'objects in objects': `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  'an urlencoded form': 'amount=1&requestId=k',
  XML: '<amount>1</amount>',
};
