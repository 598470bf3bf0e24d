import { isUtf8 } from 'node:buffer';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BufferReader, Enum, type Field, Root, type Type } from 'protobufjs';
import { bigintOf, type Int64 } from './int64';

/** The folder of the protos: beside the sources, and above the build, wherever that was put. */
export const PROTO_FOLDER = protoFolder(__dirname);

const OWN_FOLDER = 'hotsplit/v1';
const STANDARD_FILES = [
  'grpc/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
];

/** Every proto, by its name under the folder. */
const files: readonly string[] = [
  ...readdirSync(join(PROTO_FOLDER, OWN_FOLDER)).map((file) => `${OWN_FOLDER}/${file}`),
  ...STANDARD_FILES,
];

const root = new Root();
// The library carries google/protobuf itself.
root.resolvePath = (_origin, target) =>
  target.startsWith('google/protobuf/') ? target : join(PROTO_FOLDER, target);
root.loadSync([...files]).resolveAll();

/** Turns one type of message into bytes and back. */
export interface Codec<Message> {
  /** Reads no more of `message` than the proto names; what is `undefined` is absent. */
  readonly encode: (message: Message) => Buffer;
  /** @throws Error for bytes that are no such message: cut short, or with texts that are not UTF-8 */
  readonly decode: (bytes: Buffer) => Message;
  /** The message for people: its enums by their names, its 64-bit integers as digits. */
  readonly inWords: (message: Message) => Readonly<Record<string, unknown>>;
}

/** @param name in full, such as `hotsplit.v1.DeductRequest` */
export function codecOf<Message extends object>(name: string): Codec<Message> {
  const type = root.lookupType(name);
  return {
    encode: (message) => type.encode(message).finish() as Buffer,
    decode: (bytes) => type.decode(new StrictReader(bytes)) as unknown as Message,
    inWords: (message) => wordsOf(message as Readonly<Record<string, unknown>>, type),
  };
}

function wordsOf(message: Readonly<Record<string, unknown>>, type: Type): Readonly<Record<string, unknown>> {
  const given = type.fieldsArray.filter(({ name }) => message[name] !== undefined && message[name] !== null);
  return Object.fromEntries(
    given.map((field) => {
      const value = message[field.name];
      const each = (item: unknown): unknown => wordOf(item, field);
      return [field.name, Array.isArray(value) ? value.map(each) : each(value)];
    }),
  );
}

function wordOf(value: unknown, { resolvedType, type, map }: Field): unknown {
  if (map) return value;
  if (resolvedType instanceof Enum) return resolvedType.valuesById[value as number] ?? value;
  if (resolvedType) return wordsOf(value as Readonly<Record<string, unknown>>, resolvedType);
  return /64$/.test(type) && typeof value === 'object' ? bigintOf(value as Int64).toString() : value;
}

/** The numbers of an enum's values, by their names. */
export function enumOf(name: string): Readonly<Record<string, number>> {
  return root.lookupEnum(name).values;
}

/** The library's own reader replaces what is no UTF-8 and cuts a text short with its message, both without a word. */
class StrictReader extends BufferReader {
  override string(): string {
    const length = this.uint32();
    const start = this.pos;
    const end = start + length;
    if (end > this.len) throw new RangeError('a text is cut short');
    this.pos = end;
    const bytes = this.buf as Buffer;
    const text = bytes.toString('utf8', start, end);
    if (text.includes('\uFFFD') && !isUtf8(bytes.subarray(start, end)))
      throw new TypeError('a text is not UTF-8');
    return text;
  }
}

function protoFolder(from: string): string {
  const folder = join(from, 'proto');
  if (existsSync(join(folder, 'hotsplit'))) return folder;
  const above = dirname(from);
  if (above === from) throw new Error('the folder "proto" is missing');
  return protoFolder(above);
}
