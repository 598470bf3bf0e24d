import fc from 'fast-check';
import { Enum, type Field, Type } from 'protobufjs';
import type { Association, KnownValues } from '../generate/known-values';
import { pick } from '../generate/pick';

/** A value that is made when it is sent, from what is known by then. */
export type Maker<T = unknown> = (known: KnownValues, about: Association) => T;

type Values = fc.Arbitrary<Maker>;

const freshId = fc.noBias(fc.nat(2 ** 31 - 1)).map(
  (nth): Maker<string> =>
    () =>
      `g-${nth.toString(36)}`,
);
const smallAmount = fc.integer({ min: 1, max: 500 }).map(
  (amount): Maker =>
    () =>
      String(amount),
);
const smallCount = fc.integer({ min: 1, max: 6 }).map(
  (count): Maker =>
    () =>
      count,
);

/** What a field of that name has to be for a call to get anywhere; of others their type is enough. */
const BY_NAME: Readonly<Record<string, Values>> = {
  id: freshId,
  requestId: fc.oneof({ weight: 4, arbitrary: freshId }, { weight: 1, arbitrary: known('requestId') }),
  amount: smallAmount,
  fromAccount: known('from'),
  toAccount: known('to'),
  initialBalance: fc.integer({ min: 1, max: 1e9 }).map(
    (amount): Maker =>
      () =>
        String(amount),
  ),
  asset: fc.constantFrom('', 'USD/2', 'points/0').map(
    (asset): Maker =>
      () =>
        asset,
  ),
  strategy: fc.constantFrom('merged', 'leased').map(
    (strategy): Maker =>
      () =>
        strategy,
  ),
  scopes: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }).map(
    (scopes): Maker =>
      () =>
        scopes,
  ),
  accounts: fc.constantFrom<string[]>([], ['g-', 'a']).map(
    (prefixes): Maker =>
      () =>
        prefixes,
  ),
  types: fc.constantFrom<string[]>([], ['hotsplit.entry.created'], ['hotsplit.account.changed']).map(
    (types): Maker =>
      () =>
        types,
  ),
  paths: fc.uniqueArray(fc.constantFrom('accounts', 'expires_at'), { minLength: 1 }).map(
    (paths): Maker =>
      () =>
        paths,
  ),
  name: freshId,
  subAccounts: smallCount,
  count: smallCount,
  limit: smallCount,
  shards: fc.constant<Maker>(() => []),
  // Most of what names a budget names one that is not there.
  budgets: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Maker>(() => []) },
    {
      weight: 1,
      arbitrary: known('budgetId').map((of): Maker => (values, about) => [of(values, about)]),
    },
  ),
  ifMatch: fc.constantFrom('*').map(
    (tag): Maker =>
      () =>
        tag,
  ),
  expiresInSeconds: fc.integer({ min: 60, max: 900 }).map(
    (seconds): Maker =>
      () =>
        seconds,
  ),
};

const TEXTS = [
  '', ' ', '\0', '../../etc', '__proto__', 'constructor', 'é', '\u202e', '\ud83d\ude00', "' OR 1=1 --", '%00', '*', '-1',
  'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(256), 'é'.repeat(300), 'y'.repeat(70_000),
]; // prettier-ignore
const INT64 = [
  '0',
  '-1',
  '1000000000000000000',
  '1000000000000000001',
  '9223372036854775807',
  '-9223372036854775808',
];
const INT32 = [0, -1, 1_024, 1_025, 2_592_001, 2_147_483_647, -2_147_483_648];
const MANY = 5_001;

/** Under these names the keeper tells what took effect as a deduction or a credit, and which accounts were made empty. */
export const DEDUCTION = 'deduction';
export const CREDIT = 'credit';
export const EMPTY_ACCOUNT = 'emptyAccount';

/** What the values of a field are known under. */
export function knownName({ name, parent }: Field): string {
  if (name === 'reverses' && parent?.name === 'ReverseCreditRequest') return CREDIT;
  if (
    name === 'reverses' ||
    (name === 'requestId' && (parent?.name === 'GetDeductionRequest' || parent?.name === 'GetEntryRequest'))
  )
    return DEDUCTION;
  return name === 'accountId' && parent?.name === 'CloseAccountRequest' ? EMPTY_ACCOUNT : name;
}

/** A field's value as the service wants it. */
export function wanted(field: Field): Values {
  const name = knownName(field);
  if (name !== field.name) return known(name);
  const own = Object.hasOwn(BY_NAME, field.name) ? BY_NAME[field.name] : undefined;
  if (own) return own;
  if (field.map)
    return fc
      .dictionary(fc.constantFrom('a', 'b', 'order'), fc.string({ maxLength: 20 }), { maxKeys: 3 })
      .map((pairs) => () => pairs);
  if (field.repeated) return fc.array(single(field), { minLength: 1, maxLength: 5 }).map(allOf);
  return single(field);
}

/** A field's value as no client should send it. */
export function hostile(field: Field): Values {
  if (field.map)
    return fc.constantFrom<Maker>(
      () => Object.fromEntries(Array.from({ length: 33 }, (_, nth) => [`k${nth}`, 'v'])),
      () => Object.fromEntries(Array.from({ length: 1_500 }, (_, nth) => [`k${nth}`, 'v'])),
      () => ({ '': '' }),
      () => Object.fromEntries([['__proto__', 'x']]),
      () => ({ long: 'v'.repeat(5_000), é: '\0' }),
    );
  if (field.repeated)
    return fc.oneof(
      fc.constant<Maker>(() => []),
      single(field).map(
        (make): Maker =>
          (values, about) =>
            new Array<unknown>(MANY).fill(make(values, about)),
      ),
      fc.array(hostileOne(field), { minLength: 1, maxLength: 3 }).map(allOf),
    );
  return hostileOne(field);
}

/** @param changes of fields, how many */
export function messages(type: Type, changes: number): fc.Arbitrary<Maker<Record<string, unknown>>> {
  const fields = type.fieldsArray.map((field) => field.resolve());
  const isOptional = (field: Field): boolean =>
    field.optional &&
    (field.options?.['proto3_optional'] === true || field.map || field.resolvedType !== null);
  const parts = fields.map((field) =>
    fc.record({
      make: wanted(field),
      isThere: isOptional(field) && !field.repeated ? fc.nat(3).map((n) => n === 0) : fc.constant(true),
    }),
  );
  const changed =
    fields.length === 0
      ? fc.constant([])
      : fc.array(
          fc
            .nat(fields.length - 1)
            .chain((nth) => hostile(fields[nth] as Field).map((make) => ({ nth, make }))),
          { minLength: changes, maxLength: changes },
        );
  return fc.record({ parts: fc.tuple(...parts), changed }).map(({ parts, changed }) => (values, about) => {
    const message: Record<string, unknown> = {};
    const put = (nth: number, make: Maker): void => {
      const { name = '' } = fields[nth] ?? {};
      message[name] = make(values, about);
    };
    parts.forEach(({ make, isThere }, nth) => isThere && put(nth, make));
    for (const { nth, make } of changed) put(nth, make);
    return message;
  });
}

function single(field: Field): Values {
  const { resolvedType, type, name } = field;
  if (resolvedType instanceof Enum) {
    const numbers = Object.values(resolvedType.values);
    return fc.constantFrom(...numbers).map((number) => () => number);
  }
  if (resolvedType instanceof Type)
    return resolvedType.name === 'Timestamp' ? timestamp : messages(resolvedType, 0);
  if (type === 'string') return known(name);
  if (type === 'bool') return fc.boolean().map((value) => () => value);
  return fc.integer({ min: 1, max: 1_000 }).map((value) => () => value);
}

function hostileOne(field: Field): Values {
  const { resolvedType, type } = field;
  if (resolvedType instanceof Enum) return fc.constantFrom(-1, 99, 2_147_483_647).map((value) => () => value);
  if (resolvedType instanceof Type)
    return resolvedType.name === 'Timestamp'
      ? fc
          .record({ seconds: fc.constantFrom(...INT64), nanos: fc.constantFrom(...INT32) })
          .map((value) => () => value)
      : messages(resolvedType, 1);
  if (type === 'string')
    return fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'grapheme' })).map((value) => () => value);
  return (type === 'int64' ? fc.constantFrom(...INT64) : fc.constantFrom(...INT32)).map(
    (value) => () => value,
  );
}

const timestamp: Values = fc
  .integer({ min: 1_600_000_000, max: 1_900_000_000 })
  .map((seconds) => () => ({ seconds, nanos: 0 }));

function known(name: string): Values {
  return pick.map((at) => (values, about) => values.value(name, at, name, about) ?? `none-${name}`);
}

function allOf(makers: readonly Maker[]): Maker {
  return (values, about) => makers.map((make) => make(values, about));
}
