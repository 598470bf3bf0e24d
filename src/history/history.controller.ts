import { Controller, Get, Headers, Param, Query, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { PathOf, QueryOf } from '../contract/call';
import { entryView, foundEntryOf, getEntry, listEntries } from '../contract/entries';
import { decodeStatementCursor, pageLength } from '../contract/cursors';
import { getStatement, refusePages, statementHead, statementPage } from '../contract/statements';
import { getSummary, summaryView, wantedSummaryOf } from '../contract/summaries';
import { rangeOf } from '../contract/times';
import { acceptedDocument } from '../http/accepted-document';
import { Serves } from '../http/serves.decorator';
import { entriesAnswer } from './entries-answer';
import { HistoryService } from './history.service';
import { StatementDocuments } from './statement-documents';

/** What happened to an account. */
@Controller('v1/accounts/:accountId')
export class HistoryController {
  constructor(
    private readonly history: HistoryService,
    private readonly documents: StatementDocuments,
  ) {}

  @Get('entries')
  @Serves(listEntries)
  async entries(
    @Param() { accountId }: PathOf<typeof listEntries>,
    @Query() query: QueryOf<typeof listEntries>,
  ) {
    const asked = { ...query, ...rangeOf(query) };
    const { items, ...rest } = await entriesAnswer(this.history, accountId, asked);
    return { items: items.map(entryView), ...rest };
  }

  @Get('entries/:requestId')
  @Serves(getEntry)
  async entry(
    @Param() { accountId, requestId }: PathOf<typeof getEntry>,
    @Query() of: QueryOf<typeof getEntry>,
  ) {
    const account = await this.history.account(accountId);
    return entryView(foundEntryOf(await this.history.find(account, requestId, of)));
  }

  @Get('statement')
  @Serves(getStatement)
  async statement(
    @Param() { accountId }: PathOf<typeof getStatement>,
    @Query() query: QueryOf<typeof getStatement>,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { cursor, limit } = query;
    void reply.header('vary', 'accept');
    const form = acceptedDocument(accept);
    if (form !== undefined) {
      refusePages(query);
      const { headers, stream } = await this.documents.open(
        await this.history.account(accountId),
        rangeOf(query),
        form,
      );
      void reply.headers(headers);
      return new StreamableFile(stream);
    }
    const place =
      cursor === undefined ? { ...rangeOf(query), after: undefined } : decodeStatementCursor(cursor);
    const account = await this.history.account(accountId);
    const page = statementPage(await this.history.statement(account, { ...place, limit: pageLength(limit) }));
    return {
      ...statementHead(account, page),
      items: page.items.map(entryView),
      nextCursor: page.nextCursor,
    };
  }

  @Get('summary')
  @Serves(getSummary)
  async summary(
    @Param() { accountId }: PathOf<typeof getSummary>,
    @Query() query: QueryOf<typeof getSummary>,
  ) {
    const wanted = wantedSummaryOf(query, rangeOf(query));
    const account = await this.history.account(accountId);
    return summaryView(account, wanted, await this.history.sums(account, wanted));
  }
}
