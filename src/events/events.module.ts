import { Module } from '@nestjs/common';
import { EventStreams } from './event-streams';
import { EventsController } from './events.controller';
import { EventsService } from './events.service';
import { KafkaEvents } from './kafka-events';

/** The feed of events: read page by page, or followed. */
@Module({
  controllers: [EventsController],
  providers: [EventsService, KafkaEvents, EventStreams],
  exports: [EventsService],
})
export class EventsModule {}
