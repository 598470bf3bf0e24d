import { Module } from '@nestjs/common';
import { KeyController } from './key.controller';

/** API keys, as administrators make and change them. */
@Module({ controllers: [KeyController] })
export class KeysModule {}
