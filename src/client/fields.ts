import { answeredAmount, answeredChange } from './amounts';

/** An answer does not have the shape that it must have. It never leaves the client: the answer counts as none. */
export class WrongShape extends Error {}

/** The fields of an object in an answer. Each reader throws WrongShape for a field that is missing or something else. */
export interface Fields {
  readonly all: Readonly<Record<string, unknown>>;
  readonly string: (name: string) => string;
  readonly integer: (name: string) => number;
  /** Any number. */
  readonly number: (name: string) => number;
  readonly boolean: (name: string) => boolean;
  /** Minor units. */
  readonly amount: (name: string) => bigint;
  /** Minor units that may be below zero. */
  readonly change: (name: string) => bigint;
  readonly time: (name: string) => Date;
  readonly oneOf: <const T extends string>(name: string, values: readonly T[]) => T;
  readonly object: (name: string) => Fields;
  readonly list: (name: string) => readonly unknown[];
  readonly strings: (name: string) => Readonly<Record<string, string>>;
  readonly words: (name: string) => readonly string[];
  /** The field under its name, or no field at all. */
  readonly ifPresent: <const Name extends string, T>(
    name: Name,
    read: (name: string) => T,
  ) => { readonly [key in Name]?: T };
}

/** @throws WrongShape for what is no object */
export function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new WrongShape('no object');
  const all = value as Readonly<Record<string, unknown>>;
  const taken = <T>(name: string, found: T | undefined): T => {
    if (found === undefined) throw new WrongShape(name);
    return found;
  };
  const string = (name: string): string => taken(name, typeof all[name] === 'string' ? all[name] : undefined);
  const list = (name: string): readonly unknown[] =>
    taken(name, Array.isArray(all[name]) ? (all[name] as readonly unknown[]) : undefined);
  return {
    all,
    string,
    list,
    integer: (name) => taken(name, Number.isSafeInteger(all[name]) ? (all[name] as number) : undefined),
    number: (name) => taken(name, typeof all[name] === 'number' ? all[name] : undefined),
    boolean: (name) => taken(name, typeof all[name] === 'boolean' ? all[name] : undefined),
    amount: (name) => taken(name, answeredAmount(all[name])),
    change: (name) => taken(name, answeredChange(all[name])),
    time: (name) => {
      const time = new Date(string(name));
      return taken(name, Number.isNaN(time.getTime()) ? undefined : time);
    },
    oneOf: (name, values) =>
      taken(
        name,
        values.find((each) => each === all[name]),
      ),
    object: (name) => fieldsOf(all[name]),
    strings: (name) => {
      const object = fieldsOf(all[name]).all;
      const isOfStrings = Object.values(object).every((each) => typeof each === 'string');
      return taken(name, isOfStrings ? (object as Record<string, string>) : undefined);
    },
    words: (name) => {
      const words = list(name);
      return taken(name, words.every((each) => typeof each === 'string') ? words : undefined);
    },
    ifPresent: (name, read) =>
      (all[name] === undefined ? {} : { [name]: read(name) }) as {
        [key in typeof name]?: ReturnType<typeof read>;
      },
  };
}
