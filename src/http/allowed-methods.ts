import type { FastifyInstance } from 'fastify';
import { Problem } from '../contract/problem';

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/**
 * Lets a path that takes other methods than the one it was asked with say so, before a body is read. Concerns the routes
 * that are registered from now on.
 */
export function refuseOtherMethods(server: FastifyInstance): void {
  const known = new Map<string, KnownPath>();
  server.addHook('onRoute', ({ path, method }) => {
    const { methods } = known.get(path) ?? remember(known, path);
    for (const each of [method].flat()) methods.add(each);
  });
  server.addHook('onRequest', (request, reply, done) => {
    const methods = request.is404 ? methodsOf(request.url, known) : [];
    if (methods.length === 0) {
      done();
      return;
    }
    const allow = methods.join(', ');
    void reply.header('allow', allow);
    done(new Problem('METHOD_NOT_ALLOWED', { detail: `This resource takes ${allow}.` }));
  });
}

function remember(known: Map<string, KnownPath>, path: string): KnownPath {
  // `::` stands for a colon, `:name` for one part of the path.
  const pattern = path
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/::|:[A-Za-z]+/g, (part) => (part === '::' ? ':' : '[^/]+'));
  const made = { pattern: new RegExp(`^${pattern}$`), methods: new Set<string>() };
  known.set(path, made);
  return made;
}

function methodsOf(url: string, known: ReadonlyMap<string, KnownPath>): string[] {
  const [path = ''] = url.split('?', 1);
  return [...known.values()]
    .filter(({ pattern }) => pattern.test(path))
    .flatMap(({ methods }) => [...methods]);
}
