import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ReflectionObject, Root, Service, type Type } from 'protobufjs';
import { PROTO_FOLDER } from '../../../src/api/grpc/wire';

/** One method, as the protos describe it. */
export interface GrpcMethod {
  /** Such as `DeductionService/Deduct`. */
  readonly id: string;
  readonly name: string;
  /** As HTTP/2 carries it. */
  readonly path: string;
  readonly request: Type;
  readonly answer: Type;
  readonly isStream: boolean;
}

export type Json = Readonly<Record<string, unknown>>;

const OWN = 'hotsplit/v1';

/** Every method of the API: what the protos say is fuzzed, without a line for it here. */
export function readMethods(): readonly GrpcMethod[] {
  const root = new Root();
  root.resolvePath = (_origin, target) => join(PROTO_FOLDER, target);
  root.loadSync(readdirSync(join(PROTO_FOLDER, OWN)).map((file) => `${OWN}/${file}`)).resolveAll();
  const namespace = root.lookup('hotsplit.v1') as unknown as { nestedArray: readonly ReflectionObject[] };
  return namespace.nestedArray
    .filter((each): each is Service => each instanceof Service)
    .flatMap((service) =>
      service.methodsArray.map((method) => ({
        id: `${service.name}/${method.name}`,
        name: method.name,
        path: `/hotsplit.v1.${service.name}/${method.name}`,
        request: service.lookupType(method.requestType),
        answer: service.lookupType(method.responseType),
        isStream: method.requestStream === true,
      })),
    );
}

/** A message with everything that was sent in it, its numbers as digits; nothing for bytes that are no such message. */
export function messageIn(type: Type, bytes: Buffer): Json | undefined {
  try {
    return type.toObject(type.decode(bytes), { longs: String, enums: String, defaults: true });
  } catch {
    return undefined;
  }
}
