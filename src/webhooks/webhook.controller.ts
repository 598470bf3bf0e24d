import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import type { BodyOf, PathOf, QueryOf } from '../contract/call';
import { decodeCountCursor, encodeCursor, pageLength } from '../contract/cursors';
import {
  createWebhook,
  deleteWebhook,
  deliveryView,
  listWebhookDeliveries,
  listWebhooks,
  redeliverWebhook,
  rotateWebhookSecret,
  updateWebhook,
  webhookView,
} from '../contract/webhooks';
import { Serves } from '../http/serves.decorator';
import { WebhookService } from './webhook.service';

/** Receivers of events. */
@Controller('v1/admin/webhooks')
export class WebhookController {
  constructor(private readonly webhooks: WebhookService) {}

  @Post()
  @Serves(createWebhook)
  async create(@Body() body: BodyOf<typeof createWebhook>) {
    const { webhook, secret } = await this.webhooks.create(body);
    return { ...webhookView(webhook), secret };
  }

  @Get()
  @Serves(listWebhooks)
  async list() {
    return { items: (await this.webhooks.list()).map(webhookView) };
  }

  @Patch(':webhookId')
  @Serves(updateWebhook)
  async update(
    @Param() { webhookId }: PathOf<typeof updateWebhook>,
    @Body() body: BodyOf<typeof updateWebhook>,
  ) {
    return webhookView(await this.webhooks.change(webhookId, body));
  }

  @Delete(':webhookId')
  @HttpCode(204)
  @Serves(deleteWebhook)
  async delete(@Param() { webhookId }: PathOf<typeof deleteWebhook>): Promise<void> {
    await this.webhooks.delete(webhookId);
  }

  @Post(':webhookId/rotate-secret')
  @HttpCode(200)
  @Serves(rotateWebhookSecret)
  async rotate(@Param() { webhookId }: PathOf<typeof rotateWebhookSecret>) {
    const { webhook, secret } = await this.webhooks.rotate(webhookId);
    return { ...webhookView(webhook), secret };
  }

  @Get(':webhookId/deliveries')
  @Serves(listWebhookDeliveries)
  async deliveries(
    @Param() { webhookId }: PathOf<typeof listWebhookDeliveries>,
    @Query() query: QueryOf<typeof listWebhookDeliveries>,
  ) {
    const page = { before: decodeCountCursor(query.cursor), limit: pageLength(query.limit) };
    const { items, next } = await this.webhooks.deliveries(webhookId, page);
    return { items: items.map(deliveryView), ...(next !== undefined && { nextCursor: encodeCursor(next) }) };
  }

  @Post(':webhookId/deliveries/:deliveryId/redeliver')
  @HttpCode(202)
  @Serves(redeliverWebhook)
  async redeliver(@Param() { webhookId, deliveryId }: PathOf<typeof redeliverWebhook>): Promise<void> {
    await this.webhooks.redeliver(webhookId, Number(deliveryId));
  }
}
