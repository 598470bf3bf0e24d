import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module';
import { CurrentWebhooks } from './current-webhooks';
import { WebhookController } from './webhook.controller';
import { WebhookRunner } from './webhook-runner';
import { WebhookService } from './webhook.service';

/** Events that are sent to receivers. */
@Module({
  imports: [EventsModule],
  controllers: [WebhookController],
  providers: [CurrentWebhooks, WebhookService, WebhookRunner],
  exports: [WebhookService],
})
export class WebhooksModule {}
