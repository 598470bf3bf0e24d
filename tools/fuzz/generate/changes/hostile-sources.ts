import fc from 'fast-check';
import { HOSTILE } from '../../../../test/setup/hostile-values';

const NUMBERS = [
  ...[
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '1000000000000000000',
    '1000000000000000001',
  ],
  ...[
    '9000000000000000000',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551615',
    '18446744073709551616',
  ],
  ...[
    '-0',
    '0',
    '-1',
    '1e3',
    '1E3',
    '1.0',
    '1.5',
    '1e-7',
    '1e18',
    '1e19',
    '1e400',
    '-1e400',
    '0.1',
    '4294967296',
    '2147483648',
  ],
  ...['NaN', 'Infinity', '01', '+1', '0x10', '1_000', '.5', '5.'],
];
const TEXTS = [
  ...[
    '"0"',
    '"1"',
    '"-1"',
    '"01"',
    '"1e3"',
    '" 1"',
    '"1 "',
    '"1000000000000000000"',
    '"1000000000000000001"',
  ],
  ...[
    '"9223372036854775808"',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u202e"',
    '"\\ufeff1"',
    '"💥"',
    '"ﷺ"',
  ],
  ...[
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"../../x"',
    '"%00"',
    '"%2F"',
    '"\\r\\nx: y"',
    '"${7*7}"',
  ],
  ...[`"' OR 1=1 -- "`, '"<script>"', '"; DROP TABLE entry"', '"a\\\\"', '"*"', '"$ne"', '""', '" "'],
];
const STRUCTURES = [
  'null',
  'true',
  'false',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '{"$ne":null}',
  '{"__proto__":{"amount":"1"}}',
  '{"constructor":{}}',
];

export const FIELD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'prototype',
  'then',
  'toJSON',
  'length',
  'status',
  'balance',
  '',
  '0',
  ' amount',
  'AMOUNT',
  'é',
  '💥',
];

export const HOSTILE_BY_FIELD: Readonly<Record<string, Readonly<Record<string, string>>>> = HOSTILE;

/** Without paths: stored as a name, say, one would be heard again later, and taken for the service's own. */
const everyHostile = Object.entries(HOSTILE_BY_FIELD)
  .filter(([field]) => field !== 'url')
  .flatMap(([, literals]) => Object.values(literals));

/** JSON source that a field is not meant to have. Long and deep ones are seldom: they cost more than they find. */
export const hostileSource = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 3, arbitrary: fc.constantFrom(...STRUCTURES) },
  { weight: 3, arbitrary: fc.constantFrom(...everyHostile.filter((source) => source.length < 3_000)) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }).map((text) => JSON.stringify(text)) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 3 }) },
  {
    weight: 1,
    arbitrary: fc
      .bigInt({ min: -(2n ** 65n), max: 2n ** 65n })
      .map((value) => fc.stringify(value).replace('n', '')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      `"${'x'.repeat(5_000)}"`,
      '9'.repeat(2_000),
      `"${'9'.repeat(2_000)}"`,
      nested(200),
      nested(3_000),
    ),
  },
);

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}
