import { applyDecorators } from '@nestjs/common';
import { RouteConfig, RouteSchema } from '@nestjs/platform-fastify';
import type { FastifySchema } from 'fastify';
import { type Call, queryOf } from '../contract/call';
import { problem } from '../contract/problem-body';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route serves: its scope and its limits are read here by the hooks that every request passes. */
    call?: Call;
  }
}

/** A controller's method serves a call of the contract: its schemas are compiled, its scope is required. */
export function Serves(call: Call): MethodDecorator {
  return applyDecorators(RouteConfig({ call }), RouteSchema(schemaOf(call)));
}

const body = { 'application/problem+json': { schema: { $ref: `${problem.$id}#` } } };

/** Every answer that is not a success. */
const problems = {
  '4xx': { description: 'Refused; see the code.', content: body },
  '5xx': { description: 'Not carried out, or unknown; see the code.', content: body },
};

/**
 * What a call that takes no query is asked with: a `?dryRun=1` that nobody knows must not be taken for one that is obeyed. Only
 * probes may be asked with whatever their machines add.
 */
const NO_QUERY = queryOf({});

/** A call as Fastify compiles it, and as OpenAPI describes it. */
export function schemaOf(call: Call): FastifySchema {
  return {
    operationId: call.name,
    summary: call.summary,
    ...(call.description !== undefined && { description: call.description }),
    tags: [call.group],
    ...(call.scope === null && { security: [] }),
    ...(call.path && { params: call.path }),
    ...(call.group !== 'operations' || call.scope !== null ? { querystring: call.query ?? NO_QUERY } : {}),
    ...(call.headers && { headers: call.headers }),
    ...(call.body && { body: call.body }),
    response: { ...call.answers, ...problems },
  };
}

/** Whether a call may come without a body. */
export function isBodyOptional({ body: schema }: Call): boolean {
  return typeof schema === 'object' && Array.isArray(schema.type) && schema.type.includes('null');
}
