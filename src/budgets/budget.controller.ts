import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  budgetStateView,
  budgetView,
  changeBudget,
  createBudget,
  deleteBudget,
  getBudget,
  limitOf,
  listBudgets,
  timeZoneOf,
} from '../contract/budgets';
import type { BodyOf, PathOf, QueryOf } from '../contract/call';
import { decodeIdCursor, encodeCursor, pageLength } from '../contract/cursors';
import { Serves } from '../http/serves.decorator';
import { BudgetService } from './budget.service';

/** Limits on what is deducted from an account. */
@Controller('v1/accounts/:accountId/budgets')
export class BudgetController {
  constructor(private readonly budgets: BudgetService) {}

  @Post()
  @Serves(createBudget)
  async create(
    @Param() { accountId }: PathOf<typeof createBudget>,
    @Body() body: BodyOf<typeof createBudget>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { budget, isNew } = await this.budgets.create({
      accountId,
      budgetId: body.budgetId,
      limitMinor: limitOf(body),
      period: body.period,
      timeZone: timeZoneOf(body),
      parent: body.parent ?? null,
    });
    if (!isNew) void reply.code(200);
    return budgetStateView(budget);
  }

  @Get()
  @Serves(listBudgets)
  async list(
    @Param() { accountId }: PathOf<typeof listBudgets>,
    @Query() { cursor, limit }: QueryOf<typeof listBudgets>,
  ) {
    const { items, next } = await this.budgets.list({
      accountId,
      after: decodeIdCursor(cursor),
      limit: pageLength(limit),
    });
    return {
      items: items.map((each) => budgetView(each)),
      ...(next === undefined ? {} : { nextCursor: encodeCursor(next) }),
    };
  }

  @Get(':budgetId')
  @Serves(getBudget)
  async get(@Param() { accountId, budgetId }: PathOf<typeof getBudget>) {
    return budgetStateView(await this.budgets.get(accountId, budgetId));
  }

  @Patch(':budgetId')
  @Serves(changeBudget)
  async change(
    @Param() { accountId, budgetId }: PathOf<typeof changeBudget>,
    @Body() body: BodyOf<typeof changeBudget>,
  ) {
    return budgetStateView(await this.budgets.changeLimit(accountId, budgetId, limitOf(body)));
  }

  @Delete(':budgetId')
  @HttpCode(204)
  @Serves(deleteBudget)
  delete(@Param() { accountId, budgetId }: PathOf<typeof deleteBudget>): Promise<void> {
    return this.budgets.delete(accountId, budgetId);
  }
}
