import fc from 'fast-check';
import type { OutgoingHttpHeaders } from 'node:http2';
import { framed } from '../../kernel/grpc-wire';
import type { KnownValues } from '../generate/known-values';
import { pick } from '../generate/pick';
import type { GrpcMethod } from './methods';
import { CREDIT, DEDUCTION, EMPTY_ACCOUNT, knownName, type Maker, messages } from './value';

/** A call as it goes out. */
export interface GrpcCall {
  readonly method: GrpcMethod;
  readonly headers: OutgoingHttpHeaders;
  /** Frames of messages, or what is none. */
  readonly parts: readonly Buffer[];
  /** The messages in them, as far as they are whole. */
  readonly messages: readonly Buffer[];
  readonly ending: 'half-close' | 'cancel' | 'reset';
  /** Breaks gRPC's framing or HTTP's head, which the library below the API answers. */
  readonly isBelow: boolean;
  readonly changes: readonly string[];
}

/** A call that is not made yet. */
export type GrpcPlan = (known: KnownValues, key: string) => GrpcCall;

interface Draft {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly parts: readonly Buffer[];
  readonly ending: GrpcCall['ending'];
}

interface Change {
  readonly what: string;
  readonly isBelow?: boolean;
  readonly of: (draft: Draft) => Partial<Draft>;
}

const bytesChange = fc
  .record({ at: pick, kind: fc.nat(7), junk: fc.uint8Array({ maxLength: 40 }) })
  .map(({ at, kind, junk }) => ({
    what: `the bytes of the last message are changed (${kind})`,
    of: ({ parts }: Draft): Partial<Draft> => {
      const bytes = (parts.at(-1) ?? Buffer.alloc(5)).subarray(5);
      return { parts: [...parts.slice(0, -1), framed(changedBytes(bytes, kind, at, Buffer.from(junk)))] };
    },
  }));

function changedBytes(bytes: Buffer, kind: number, at: number, junk: Buffer): Buffer {
  const place = Math.floor(at * bytes.length);
  const behind = (more: readonly number[]): Buffer => Buffer.concat([bytes, Buffer.from(more)]);
  switch (kind) {
    case 0:
      return bytes.subarray(0, place);
    case 1:
      return junk;
    case 2:
      return behind([0xfa, 0x3f, 3, 1, 2, 3]);
    case 3:
      // A group that begins and does not end.
      return behind([0x0b, 0x0b, 0x0b]);
    case 4:
      return behind([0x0a, 2, 0xc3, 0x28]);
    case 5:
      return behind([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07]);
    case 6:
      // The first field as another wire type.
      return behind([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x1d, 1, 2, 3, 4]);
    default: {
      const flipped = Buffer.from(bytes);
      if (flipped.length > 0) flipped[place] = (flipped[place] ?? 0) ^ 0xff;
      return flipped;
    }
  }
}

const below = (what: string, of: Change['of']): Change => ({ what, isBelow: true, of });
const head = (name: string, value: string | string[], isBelow = false): Change => ({
  what: `${name} is ${JSON.stringify(value).slice(0, 60)}`,
  isBelow,
  of: ({ headers }) => ({ headers: { ...headers, [name]: value } }),
});

const FRAMES: readonly Change[] = [
  below('there is no message', () => ({ parts: [] })),
  below('the last message comes twice', ({ parts }) => ({ parts: [...parts, ...parts.slice(-1)] })),
  below('it says that it is compressed', ({ parts }) => ({
    parts: parts.map((part) => withHead(part, 0, 1)),
  })),
  below('it has an unknown flag', ({ parts }) => ({ parts: parts.map((part) => withHead(part, 0, 0x7f)) })),
  below('it says to be 4 GiB long', ({ parts }) => ({ parts: parts.map((part) => withHead(part, 1, 0xff)) })),
  below('it is cut short', ({ parts }) => ({ parts: parts.map((part) => part.subarray(0, -1)) })),
  below('only a part of a frame’s head', () => ({ parts: [Buffer.from([0, 0])] })),
  below('it is far too large', ({ parts }) => ({
    parts: [...parts.slice(1), framed(Buffer.alloc(5 << 20, 1))],
  })),
];
const HEADS: readonly Change[] = [
  { what: 'no key', of: withoutKey },
  ...['', 'Bearer', 'Bearer wrong', 'Basic YTpi', `Bearer ${'k'.repeat(4_000)}`].map((value) =>
    head('authorization', value),
  ),
  ...['0n', '1n', '1u', '1m', '99999999H', '123456789S', '-1S', 'abc', '1', ''].map((value) =>
    head('grpc-timeout', value, true),
  ),
  ...['gzip', 'unknown'].map((value) => head('grpc-encoding', value, true)),
  ...['text/plain', 'application/grpc+json', 'application/grpc-web'].map((value) =>
    head('content-type', value, true),
  ),
  head('x-odd-bin', '!!!', true),
  head('x-many', 'v'.repeat(6_000), true),
  ...[
    '/',
    '/hotsplit.v1.DeductionService/Nothing',
    '/hotsplit.v1.DeductionService/deduct',
    '/nothing/Deduct',
    '//',
    '/__proto__/constructor',
  ].map((value) => head(':path', value, true)),
  ...['GET', 'PUT', 'OPTIONS'].map((value) => head(':method', value, true)),
];
const ENDS: readonly Change[] = (['cancel', 'reset'] as const).map((ending) =>
  below(ending, () => ({ ending })),
);

/** Half of the calls are as the service wants them. */
export function grpcPlans(methods: readonly GrpcMethod[]): fc.Arbitrary<GrpcPlan> {
  const change: fc.Arbitrary<Change> = fc.oneof(
    { weight: 4, arbitrary: bytesChange },
    { weight: 2, arbitrary: fc.constantFrom(...FRAMES) },
    { weight: 3, arbitrary: fc.constantFrom(...HEADS) },
    { weight: 1, arbitrary: fc.constantFrom(...ENDS) },
  );
  return fc.oneof(
    ...methods.map((method) =>
      fc
        .record({
          makers: fc.nat(9).chain((sort) => makersOf(method, sort < 6 ? 0 : sort - 5)),
          changes: fc
            .nat(9)
            .chain((sort) => fc.array(change, sort < 6 ? { maxLength: 0 } : { minLength: 1, maxLength: 2 })),
          about: pick,
        })
        .map(({ makers, changes, about }) => planOf(method, makers, changes, about)),
    ),
  );
}

function makersOf(method: GrpcMethod, changes: number): fc.Arbitrary<Maker<Record<string, unknown>>[]> {
  const one = messages(method.request, Math.min(changes, 3));
  return fc.array(one, { minLength: 1, maxLength: method.isStream ? 4 : 1 });
}

/** What a call is about, where its message names it. */
const SUBJECTS = ['accountId', 'holdId', 'operationId', 'keyId', 'shard', DEDUCTION, CREDIT, EMPTY_ACCOUNT];

function planOf(
  method: GrpcMethod,
  makers: readonly Maker<Record<string, unknown>>[],
  changes: readonly Change[],
  about: number,
): GrpcPlan {
  return (known, key) => {
    const names = Object.values(method.request.fields).map(knownName);
    const subject = known.association(
      about,
      SUBJECTS.filter((name) => names.includes(name)),
    );
    const parts = makers.map((make) =>
      framed(Buffer.from(method.request.encode(make(known, subject)).finish())),
    );
    let draft: Draft = {
      headers: {
        ':method': 'POST',
        ':path': method.path,
        'content-type': 'application/grpc',
        te: 'trailers',
        authorization: `Bearer ${key}`,
      },
      parts,
      ending: 'half-close',
    };
    for (const { of } of changes) draft = { ...draft, ...of(draft) };
    return {
      method,
      headers: draft.headers,
      parts: draft.parts,
      messages: messagesIn(Buffer.concat(draft.parts)),
      ending: draft.ending,
      isBelow: changes.some(({ isBelow }) => isBelow === true),
      changes: changes.map(({ what }) => what),
    };
  };
}

/** As whoever reads the bytes finds them: a message that is cut short takes what it lacks from the next. */
export function messagesIn(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + HEAD_BYTES <= bytes.length;) {
    const end = at + HEAD_BYTES + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    found.push(bytes.subarray(at + HEAD_BYTES, end));
    at = end;
  }
  return found;
}

/** Before every message: whether it is compressed, and its length. */
const HEAD_BYTES = 5;

function withoutKey({ headers }: Draft): Partial<Draft> {
  const left = Object.entries(headers).filter(([name]) => name !== 'authorization');
  return { headers: Object.fromEntries(left) };
}

function withHead(part: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(part);
  changed[at] = value;
  return changed;
}
