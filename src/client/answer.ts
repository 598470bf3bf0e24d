/** An answer as the user gets it: the fields, and their JSON. */
export class Answer {
  /** Amounts are strings of digits, as the service writes them: JSON knows no bigint. */
  toJSON(): object {
    return digitsFor(this);
  }
}

/** Gives the fields of an answer what `JSON.stringify` needs, on a prototype, so that no field is added. */
export function answered<Fields extends object>(fields: Fields): Fields {
  return Object.assign(new Answer(), fields);
}

/** The own fields, bigints as strings of digits. */
export function digitsFor(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'bigint' ? String(value) : value,
    ]),
  );
}
