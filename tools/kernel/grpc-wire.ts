/** As much of Protocol Buffers' wire format and of gRPC's framing as the load clients need. */

const VARINT = 0;
const BYTES = 2;
const CONTINUES = 0x80;
const SEVEN_BITS = 0x7f;

/** Before each message: a byte that says it is not compressed, and its length. */
const FRAME_HEAD_BYTES = 5;

/** A field of a message: its number, and either what a varint says or the bytes of a string or message. */
export type Field =
  | { readonly number: number; readonly kind: 'varint'; readonly value: number }
  | { readonly number: number; readonly kind: 'bytes'; readonly bytes: Buffer };

export function bytesField(number: number, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint((number << 3) | BYTES), varint(bytes.length), bytes]);
}

export function varintField(number: number, value: number): Buffer {
  return Buffer.concat([varint((number << 3) | VARINT), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes = [];
  let rest = value;
  for (; rest > SEVEN_BITS; rest = Math.floor(rest / CONTINUES)) bytes.push((rest % CONTINUES) | CONTINUES);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** @throws RangeError for field types that none of the messages has */
export function* fieldsOf(message: Buffer): Generator<Field> {
  const reader = { at: 0 };
  const next = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= CONTINUES) {
      const byte = message[reader.at++];
      if (byte === undefined) throw new RangeError('the message ends within a number');
      value += (byte & SEVEN_BITS) * factor;
      if (byte < CONTINUES) return value;
    }
  };
  while (reader.at < message.length) {
    const tag = next();
    const number = tag >>> 3;
    const type = tag & 7;
    const value = next();
    if (type === VARINT) {
      yield { number, kind: 'varint', value };
    } else if (type === BYTES) {
      yield { number, kind: 'bytes', bytes: message.subarray(reader.at, reader.at + value) };
      reader.at += value;
    } else {
      throw new RangeError(`field ${number} has the unexpected type ${type}`);
    }
  }
}

/** A message as it goes over a stream. */
export function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Puts messages together again from what arrives. */
export class FrameReader {
  #waiting: Buffer = Buffer.alloc(0);

  push(received: Buffer): Buffer[] {
    let bytes = this.#waiting.length === 0 ? received : Buffer.concat([this.#waiting, received]);
    const messages: Buffer[] = [];
    while (bytes.length >= FRAME_HEAD_BYTES) {
      const end = FRAME_HEAD_BYTES + bytes.readUInt32BE(1);
      if (bytes.length < end) break;
      messages.push(bytes.subarray(FRAME_HEAD_BYTES, end));
      bytes = bytes.subarray(end);
    }
    this.#waiting = bytes;
    return messages;
  }
}
