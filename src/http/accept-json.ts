import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../contract/problem';
import { UNREADABLE_BODY } from './problem-reply';
import { AmbiguousJsonError, readJson } from '../contract/read-json';
import { isBodyOptional } from './serves.decorator';

/**
 * JSON in UTF-8 and as it is, and nothing else: bytes that are no UTF-8 would be replaced without a word, and a compressed
 * body is no JSON.
 */
export function acceptJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const { call } = request.route.config;
    if (body.length === 0 && call && isBodyOptional(call)) done(null, null);
    else {
      const read = readBody(body);
      if (read instanceof Problem) done(read);
      else done(null, read.value);
    }
  });
  server.addHook('onRequest', ({ headers }, _reply, done) => {
    const encoding = headers['content-encoding'];
    done(
      encoding === undefined || encoding.toLowerCase() === 'identity'
        ? undefined
        : new Problem('UNSUPPORTED_MEDIA_TYPE', {
            detail: 'Bodies are sent as they are: no Content-Encoding.',
          }),
    );
  });
}

function readBody(body: Buffer): { readonly value: unknown } | Problem {
  if (!isUtf8(body)) return new Problem('INVALID_ARGUMENT', { errors: [UNREADABLE_BODY] });
  try {
    // Some editors and libraries put a byte order mark first; RFC 8259 lets a reader ignore it.
    return { value: readJson(body.toString().replace(/^\uFEFF/, '')) };
  } catch (error) {
    const { field, rule } = error instanceof AmbiguousJsonError ? error : UNREADABLE_BODY;
    return new Problem('INVALID_ARGUMENT', { errors: [{ field, rule }] });
  }
}
