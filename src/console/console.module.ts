import { Module } from '@nestjs/common';
import { AuditLogModule } from '../audit-log/audit-log.module';
import { ConsolePages } from './console-pages';
import { ConsoleRoutes } from './console-routes';
import { LoadReader } from './load-reader';

/** The console: its page and its sessions. Everything that it shows and does goes over the public API. */
@Module({ imports: [AuditLogModule], providers: [ConsolePages, ConsoleRoutes, LoadReader] })
export class ConsoleModule {}
