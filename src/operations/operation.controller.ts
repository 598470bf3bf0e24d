import { Controller, Get, Param, Query } from '@nestjs/common';
import { mayFollow } from '../api/admit';
import type { PathOf, QueryOf } from '../contract/call';
import { decodeOperationCursor, encodeOperationCursor, pageLength } from '../contract/cursors';
import { getOperation, listOperations, operationView } from '../contract/operations';
import { Problem } from '../contract/problem';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { Serves } from '../http/serves.decorator';
import type { Principal } from '../platform/principal';
import { OperationService } from './operation.service';

/** Work that outlives the request that asked for it. */
@Controller('v1/admin/operations')
export class OperationController {
  constructor(private readonly operations: OperationService) {}

  @Get()
  @Serves(listOperations)
  async list(@Query() { cursor, limit, accountId, status }: QueryOf<typeof listOperations>) {
    const { operations, next } = await this.operations.list({
      limit: pageLength(limit),
      before: decodeOperationCursor(cursor),
      accountId,
      status,
    });
    return { items: operations.map(operationView), ...(next && { nextCursor: encodeOperationCursor(next) }) };
  }

  @Get(':operationId')
  @Serves(getOperation)
  async get(@Param() { operationId }: PathOf<typeof getOperation>, @CurrentPrincipal() principal: Principal) {
    const operation = await this.operations.find(operationId);
    if (!operation || !mayFollow(principal, operation)) throw new Problem('OPERATION_NOT_FOUND');
    return operationView(operation);
  }
}
