import type { Operation } from '../description/operation';
import type { Association, KnownValues } from './known-values';
import type { Header, Request } from './request';
import type { Field, Value } from './value';

/** A request whose values are not written yet. */
export interface Draft {
  readonly operation: Operation;
  /** What it is about, 0–1: see `KnownValues.association`. */
  readonly about: number;
  /** Repeats a request that was taken, if there is one. */
  readonly again: number | undefined;
  readonly path: readonly Field[];
  readonly query: readonly Field[];
  readonly headers: readonly Field[];
  readonly body: Value | undefined;
}

/** Where requests go and who sends them. */
export interface Sender {
  readonly host: string;
  readonly key: string;
}

export function render(draft: Draft, known: KnownValues, { host, key }: Sender): Request {
  const { operation } = draft;
  const again = draft.again === undefined ? undefined : known.taken(operation.id, draft.again);
  const about =
    again?.about ??
    known.association(
      draft.about,
      draft.path.map(([name]) => name),
    );
  const write = (value: Value): string => sourceOf(value, known, operation.id, about);
  const path = draft.path.reduce(
    (template, [name, value]) =>
      template.replace(
        `{${name}}`,
        encodeURIComponent(wellFormed(again?.about[name] ?? plain(write(value)))),
      ),
    operation.path,
  );
  const query = draft.query
    .flatMap(inAddress)
    .map(
      ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(wellFormed(plain(write(value))))}`,
    );
  const body = again ? again.body : draft.body && write(draft.body);
  const headers: Header[] = [
    ['host', host],
    ...(operation.needsKey ? [['authorization', `Bearer ${key}`] as const] : []),
    ...draft.headers.map(([name, value]) => [name, headerSafe(plain(write(value)))] as const),
    ...(body === undefined ? [] : [['content-type', 'application/json'] as const]),
  ];
  return {
    operation,
    method: operation.method,
    target: query.length === 0 ? path : `${path}?${query.join('&')}`,
    headers,
    body: body === undefined ? undefined : Buffer.from(body),
  };
}

/** What is an object stands in an address field by field. */
function inAddress([name, value]: Field): readonly Field[] {
  if (value.kind !== 'object') return [[name, value]];
  return value.fields.map(([key, each]) => [wellFormed(`${name}[${key}]`), each]);
}

/** The value as JSON source. */
function sourceOf(value: Value, known: KnownValues, operationId: string, about: Association): string {
  const write = (each: Value): string => sourceOf(each, known, operationId, about);
  switch (value.kind) {
    case 'raw':
      return value.text;
    case 'object':
      return `{${value.fields.map(([name, each]) => `${JSON.stringify(name)}:${write(each)}`).join(',')}}`;
    case 'array':
      return `[${value.items.map(write).join(',')}]`;
    case 'stock':
      return JSON.stringify(`fz${value.index}`);
    case 'known': {
      const found = known.value(value.name, value.pick, operationId, about);
      return found === undefined ? write(value.otherwise) : JSON.stringify(found);
    }
  }
}

/** JSON source as it stands outside JSON: a string without its quotes. */
function plain(source: string): string {
  if (!source.startsWith('"')) return source;
  try {
    return String(JSON.parse(source));
  } catch {
    return source;
  }
}

function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** What would end a header is a change of its own, made on purpose. */
function headerSafe(text: string): string {
  return text.replace(/[^\t\x20-\xff]/g, '?');
}
