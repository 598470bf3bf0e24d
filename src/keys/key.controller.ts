import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import type { BodyOf, PathOf, QueryOf } from '../contract/call';
import { decodeIdCursor, encodeCursor, pageLength } from '../contract/cursors';
import * as fields from '../contract/fields';
import { checkedExpiry, expiryToCome } from '../contract/key-expiry';
import { changeKey, createKey, deleteKey, keyView, limitsView, listKeys } from '../contract/keys';
import { Problem } from '../contract/problem';
import { microseconds } from '../contract/times';
import { Serves } from '../http/serves.decorator';
import { ApiKeys } from '../platform/api-keys';

/** API keys. A key's secret is shown once, in the answer to its creation. */
@Controller('v1/admin/keys')
export class KeyController {
  constructor(private readonly keys: ApiKeys) {}

  @Post()
  @Serves(createKey)
  async create(@Body() body: BodyOf<typeof createKey>) {
    if (!body.name.isWellFormed()) throw invalidName();
    const { accounts = null, expiresAt, requestsPerSecond = null, deductionsPerSecond = null } = body;
    const expiresAtUs =
      expiresAt === undefined ? null : await expiryToCome(microseconds('expiresAt', expiresAt), this.keys);
    const wanted = { accounts, expiresAtUs, requestsPerSecond, deductionsPerSecond };
    const { keyId, scopes, secret } = await this.keys.create({ ...body, ...wanted });
    return { keyId, name: body.name, scopes, ...limitsView(wanted), key: secret };
  }

  @Get()
  @Serves(listKeys)
  async list(@Query() query: QueryOf<typeof listKeys>) {
    const limit = pageLength(query.limit);
    const found = await this.keys.list({ after: decodeIdCursor(query.cursor), limit: limit + 1 });
    const items = found.slice(0, limit).map(keyView);
    const last = items.at(-1);
    return { items, ...(found.length > limit && last ? { nextCursor: encodeCursor(last.keyId) } : {}) };
  }

  @Put(':keyId')
  @Serves(changeKey)
  async change(@Param() { keyId }: PathOf<typeof changeKey>, @Body() body: BodyOf<typeof changeKey>) {
    const { expiresAt, ...others } = body;
    const changed = await this.keys.change(keyId, {
      ...others,
      ...(expiresAt !== undefined && {
        expiresAtUs: expiresAt === null ? null : checkedExpiry(microseconds('expiresAt', expiresAt)),
      }),
    });
    if (!changed) throw new Problem('KEY_NOT_FOUND');
    return keyView(changed);
  }

  @Delete(':keyId')
  @HttpCode(204)
  @Serves(deleteKey)
  async delete(@Param() { keyId }: PathOf<typeof deleteKey>): Promise<void> {
    if (!(await this.keys.delete(keyId))) throw new Problem('KEY_NOT_FOUND');
  }
}

function invalidName(): Problem {
  const rule = fields.FIELD_RULES['name'] ?? '';
  return new Problem('INVALID_ARGUMENT', { errors: [{ field: 'name', rule }] });
}
