import type { Operation } from './operation';

/** Where a request arrives: an operation of the description, by method and path as they were written. */
export interface Arrival {
  readonly operation: Operation;
  /** The path's values, decoded. */
  readonly path: Readonly<Record<string, string>>;
}

/** Finds the operation of a request. HEAD arrives where GET does. */
export class Arrivals {
  readonly #routes: readonly { operation: Operation; pattern: RegExp; names: readonly string[] }[];

  constructor(operations: readonly Operation[]) {
    this.#routes = operations.map((operation) => ({
      operation,
      names: [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
      pattern: new RegExp(
        `^${operation.path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '([^/]+)')}$`,
      ),
    }));
  }

  of(method: string, target: string): Arrival | undefined {
    const path = decoded(
      (target.replace(/^http:\/\/[^/]*/, '').split(/[?#]/)[0] ?? '')
        .replaceAll('%2F', '%252F')
        .replaceAll('%2f', '%252f'),
    );
    if (path === undefined) return undefined;
    const wanted = method === 'HEAD' ? 'GET' : method;
    for (const { operation, pattern, names } of this.#routes) {
      const values = operation.method === wanted ? pattern.exec(path) : null;
      if (!values) continue;
      return {
        operation,
        path: Object.fromEntries(
          names.map((name, index) => [name, (values[index + 1] ?? '').replaceAll(/%2F/gi, '/')]),
        ),
      };
    }
    return undefined;
  }
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
