import { Module } from '@nestjs/common';
import { KafkaIntake } from './kafka-intake';

/** What comes in from Kafka. */
@Module({ providers: [KafkaIntake] })
export class KafkaModule {}
