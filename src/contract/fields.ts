import { CHARGES_MAX } from '../ledger/allowance';
import { ASSET_PATTERN } from '../ledger/asset';
import { LISTED_KINDS } from '../ledger/entry';
import { HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX, HOLD_STATES } from '../ledger/hold';
import { DEFAULT_STRATEGY, STRATEGIES } from '../ledger/strategy';
import { SCOPES } from '../platform/principal';
import { ACCOUNT_ID_PATTERN, REQUEST_ID_PATTERN } from '../ledger/identifiers';

/** The parts that bodies, paths and queries are made of, as JSON Schema; `FIELD_RULES` says the same in words. */
export const accountId = { type: 'string', pattern: ACCOUNT_ID_PATTERN, examples: ['advertiser-7'] } as const;
export const requestId = { type: 'string', pattern: REQUEST_ID_PATTERN, examples: ['click-000001'] } as const;
/** Budget ids are as account ids are. */
export const budgetId = { type: 'string', pattern: ACCOUNT_ID_PATTERN, examples: ['campaign-7'] } as const;
export const budgets = {
  type: 'array',
  minItems: 1,
  maxItems: CHARGES_MAX,
  uniqueItems: true,
  items: budgetId,
  description:
    'Budgets that it is charged to as well, and to all above them: it takes effect everywhere or nowhere.',
} as const;
export const timeZone = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$',
  description: 'Where its days and months begin: an IANA name. By default UTC.',
  examples: ['Europe/Berlin'],
} as const;
export const asset = { type: 'string', pattern: ASSET_PATTERN, examples: ['USD/2'] } as const;

export const amount = {
  anyOf: [
    { type: 'string', pattern: '^([1-9][0-9]{0,17}|1000000000000000000)$' },
    { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
  ],
  description: 'Minor units: a string of digits, or a safe integer; 1 ≤ amount ≤ 10^18.',
  examples: ['250'],
} as const;

/** An opening balance of nothing is as good as none. */
export const initialBalance = {
  anyOf: [
    { type: 'string', pattern: '^(0|[1-9][0-9]{0,17}|1000000000000000000)$' },
    { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  ],
  description: 'Minor units: a string of digits, or a safe integer; 0 ≤ amount ≤ 10^18.',
  examples: ['100000'],
} as const;

/** A limit of nothing is as good as none. */
export const creditLimit = { ...initialBalance, examples: ['50000'] } as const;
export const creditLimitOut = { type: 'string', examples: ['50000'] } as const;
export const creditLimitStatus = { type: 'string', enum: ['granted', 'changing', 'exceeded'] } as const;

export const subAccounts = { type: 'integer', minimum: 1, maximum: 1024 } as const;
/** As an account shows it. */
export const autoSplitOut = {
  type: 'object',
  description: 'Whether the account is split by itself while it is hot, and how far.',
  required: ['enabled'],
  properties: {
    enabled: { type: 'boolean' },
    min: { type: 'integer' },
    max: { type: 'integer' },
  },
} as const;
export const strategy = {
  type: 'string',
  enum: STRATEGIES,
  description:
    `How deductions are carried out; by default \`${DEFAULT_STRATEGY}\`. ` +
    '`leased` is for hot accounts only: on many cold ones it is slower than `merged`. ' +
    '`queued` may answer 202: the deduction is kept, and charged later.',
} as const;
export const shardName = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
  examples: ['s4'],
} as const;
export const shardUrl = {
  type: 'string',
  maxLength: 2_048,
  examples: ['mysql://user:password@host:3306/s4'],
} as const;
export const SHARD_NAME_RULE = '1–64 of letters, digits, "_" and "-", the first a letter or digit';
export const shardNames = {
  type: 'array',
  minItems: 1,
  maxItems: subAccounts.maximum,
  uniqueItems: true,
  items: shardName,
  description: 'Where they are to be; the present shards if it is left out.',
} as const;
export const operationId = { type: 'string', pattern: '^[A-Za-z0-9-]{1,64}$' } as const;
const ENTITY_TAG = '(W/)?"[!#-~\\x80-\\xff]*"';
export const ifMatch = {
  type: 'string',
  // RFC 9110, 13.1.1: `*`, or a list of entity tags.
  pattern: `^(\\*|${ENTITY_TAG}([ \\t]*,[ \\t]*${ENTITY_TAG}){0,15})$`,
  maxLength: 1024,
  description: 'The `ETag` of the account as it was read, or several of which one must match; `*` for any.',
} as const;
/** The body of a call that needs none. */
export const noBody = {
  type: ['object', 'null'],
  additionalProperties: false,
  description: 'May be left out.',
} as const;
export const reference = { type: 'string', minLength: 1, maxLength: 255 } as const;
export const metadata = {
  type: 'object',
  maxProperties: 32,
  propertyNames: { type: 'string', minLength: 1, maxLength: 64, not: { const: '__proto__' } },
  additionalProperties: { type: 'string', maxLength: 512 },
  description: 'Up to 32 pairs of strings, 4 KiB in all.',
} as const;

export const expiresInSeconds = {
  type: 'integer',
  minimum: 1,
  maximum: HOLD_SECONDS_MAX,
  description: `By default ${HOLD_SECONDS_DEFAULT}; at most 30 days, and at most the idempotency window.`,
} as const;

export const final = {
  type: 'boolean',
  description: 'By default. `false`: the rest of the hold stays held, for captures to come.',
} as const;

export const allowMore = {
  type: 'boolean',
  description:
    'What is above the hold is taken out of what the account has available, as a deduction would be; refused whole where it has too little.',
} as const;

export const scopes = {
  type: 'array',
  minItems: 1,
  uniqueItems: true,
  maxItems: SCOPES.length,
  items: { type: 'string', enum: SCOPES },
} as const;

export const accountPrefixes = {
  type: 'array',
  minItems: 1,
  uniqueItems: true,
  maxItems: 16,
  items: { type: 'string', pattern: '^[A-Za-z0-9_.:-]{1,64}$', examples: ['tenant-7:'] },
  description: 'The key is limited to accounts whose ids begin with one of these.',
} as const;

/** A rate that a key may not pass. */
export const perSecond = { type: 'integer', minimum: 1, maximum: 1_000_000_000 } as const;

export const keyId = { type: 'string', pattern: '^[A-Za-z0-9_]{1,32}$' } as const;
export const keyName = { type: 'string', minLength: 1, maxLength: 64 } as const;

export const limit = {
  type: 'string',
  pattern: '^([1-9][0-9]{0,2}|1000)$',
  description: '1–1000, by default 50.',
} as const;
export const cursor = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: '`nextCursor` of the page before.',
} as const;
export const time = { type: 'string', format: 'date-time', maxLength: 40 } as const;

/** What users attach, as it is shown. */
export const strings = { type: 'object', additionalProperties: { type: 'string' } } as const;

/** Output only: exact amounts are always strings. */
export const amountOut = { type: 'string', examples: ['250'] } as const;
export const timeOut = {
  type: 'string',
  format: 'date-time',
  examples: ['2026-01-31T12:00:00.000Z'],
} as const;

const ACCOUNT_ID_RULE = '1–64 characters of A–Z a–z 0–9 _ . : -, and neither . nor ..';

/** A + arrives as a blank where nobody has encoded it. */
const TIME_RULE =
  'an RFC 3339 time such as 2026-01-31T12:00:00Z or 2026-01-31T12:00:00%2B02:00: in an address, + is written %2B';
/** Accounts of a transfer have the names that the bounds of a list have. */
const TRANSFER_OR_TIME_RULE = `of a transfer ${ACCOUNT_ID_RULE}; of a list ${TIME_RULE}`;

export const SHARD_URL_RULE =
  'mysql://user:password@host:port/database, or sqlite: and the absolute path of a file';
export const WEBHOOK_URL_RULE =
  'an https address at a public host, of up to 2048 characters, without credentials and fragment';

/** What to tell a caller whose field breaks its rule. Fields not listed are told the schema's own words. */
export const FIELD_RULES: Readonly<Record<string, string>> = {
  amount: 'minor units: a string of digits without leading zeros, or a safe integer; 1 ≤ amount ≤ 10^18',
  initialBalance:
    'minor units: a string of digits without leading zeros, or a safe integer; 0 ≤ amount ≤ 10^18',
  creditLimit: 'minor units: a string of digits without leading zeros, or a safe integer; 0 ≤ amount ≤ 10^18',
  lowBalance: 'minor units: a string of digits without leading zeros, or a safe integer; 1 ≤ amount ≤ 10^18',
  id: ACCOUNT_ID_RULE,
  accountId: ACCOUNT_ID_RULE,
  requestId: '1–64 printable ASCII characters without blanks, and neither . nor ..',
  holdId: '1–64 printable ASCII characters without blanks, and neither . nor ..',
  expiresInSeconds: 'an integer from 1 to 2592000 (30 days)',
  final: 'true or false',
  allowMore: 'true or false',
  captureId: '1–64 printable ASCII characters without blanks, and neither . nor ..',
  asset:
    'a code of A–Z 0–9 starting with a letter, at most 16, and optionally "/" and the number of decimals',
  subAccounts: 'an integer from 1 to 1024',
  enabled: 'true or false',
  min: 'an integer from 1 to 1024',
  max: 'an integer from 1 to 1024, not less than min',
  reference: 'a string of 1–255 characters',
  metadata:
    'at most 32 pairs of strings: keys of 1–64 (not __proto__), values of up to 512 characters, 4 KiB in all',
  kind: `one or several, with commas between, of ${LISTED_KINDS.join(', ')}`,
  reverses: '1–64 printable ASCII characters without blanks, and neither . nor ..',
  counterparty: ACCOUNT_ID_RULE,
  prefix: '1–64 characters of A–Z a–z 0–9 _ . : -',
  order: 'asc or desc',
  period: 'total, hour, day or month',
  timeZone: 'a time zone of the IANA database, such as UTC or Europe/Berlin',
  status: `one of ${HOLD_STATES.join(', ')}`,
  types:
    'types of events such as hotsplit.entry.created, each once: in an address with commas between, in a body a list of 1–32',
  from: TRANSFER_OR_TIME_RULE,
  to: TRANSFER_OR_TIME_RULE,
  limit:
    'of a budget minor units: a string of digits without leading zeros, or a safe integer; 0 ≤ limit ≤ 10^18; of a list an integer from 1 to 1000',
  budgetId: ACCOUNT_ID_RULE,
  budgets: `a list of 1–${CHARGES_MAX} ids of budgets, each once: ${ACCOUNT_ID_RULE}`,
  parent: ACCOUNT_ID_RULE,
  scopes: 'a non-empty list of read, deduct, refund, credit, accounts, admin, each once',
  accounts: 'a list of 1–16 beginnings of account ids, each once: 1–64 characters of A–Z a–z 0–9 _ . : -',
  expiresAt:
    'an RFC 3339 time before 2255 such as 2026-01-31T12:00:00Z, of a new key one that is still to come',
  name: 'a string of 1–64 characters',
  requestsPerSecond: 'an integer from 1 to 1000000000',
  deductionsPerSecond: 'an integer from 1 to 1000000000',
  count: 'an integer from 1 to 1024',
  shards: 'a list of names of shards, each once, and not more than sub-accounts',
  url: `of a webhook ${WEBHOOK_URL_RULE}; of a shard ${SHARD_URL_RULE}`,
  operationId: '1–64 characters of A–Z a–z 0–9 -',
  strategy: `one of ${STRATEGIES.join(', ')}`,
  'if-match': 'an ETag such as "3", up to 16 of them with commas between, or *',
  items: 'a list of at most 5,000 items',
  cursor: 'the nextCursor of the page before, unchanged',
  consistency: 'one of current, snapshot, cached',
};
