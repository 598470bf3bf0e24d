import type { FastifyInstance } from 'fastify';

/** The server's own routes, as OpenAPI writes them; not the document itself, its pages, the console, and HEAD beside each GET. */
export function routesOf(server: FastifyInstance): string[] {
  const folders: string[] = [];
  const routes: string[] = [];
  for (const line of server.printRoutes({ commonPrefix: false, includeHooks: false }).split('\n')) {
    const [, indent = '', segment = '', methods = ''] =
      /^((?:│ {3}| {4})*)[├└]── (\S*)(?: \((.*)\))?$/.exec(line) ?? [];
    folders.length = indent.length / 4;
    folders.push(segment);
    const path = folders
      .join('')
      .replaceAll('::', ':')
      .replace(/\/:(\w+)/g, '/{$1}');
    for (const method of methods.split(', ')) routes.push(`${method} ${path}`);
  }
  return routes
    .filter((route) => !/^(HEAD|) | \/docs| \/console|\*|^OPTIONS|\/openapi\.json/.test(route))
    .sort();
}
