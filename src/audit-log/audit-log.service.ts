import { Injectable } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';
import type { AuditLogPage, KeptAuditLine } from '../shards/directory/audit-log-store';

export interface ListedAuditLog {
  readonly lines: readonly KeptAuditLine[];
  /** The sequence of the last line, if there are more behind it. */
  readonly next: number | undefined;
}

/** The audit log, page by page. Methods reject with `DirectoryUnavailableError`. */
@Injectable()
export class AuditLogService {
  constructor(private readonly runtime: EngineRuntime) {}

  async list(page: AuditLogPage): Promise<ListedAuditLog> {
    const found = await this.runtime.directory.auditLog.list({ ...page, limit: page.limit + 1 });
    const lines = found.slice(0, page.limit);
    const last = lines.at(-1);
    return { lines, next: found.length > lines.length && last ? sequenceOf(last) : undefined };
  }
}

function sequenceOf({ text }: KeptAuditLine): number {
  return (JSON.parse(text) as { readonly sequence: number }).sequence;
}
