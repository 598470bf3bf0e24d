import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { tooManyLists } from '../api/list-problem';
import { Problem } from '../contract/problem';
import type { StatementRead } from '../engine/statements';
import { statementPage } from '../contract/statements';
import { timeView } from '../contract/times';
import { statementCsv } from '../documents/statement-csv';
import type { StatementDocument, StatementLine } from '../documents/statement-lines';
import { STATEMENT_STYLE, statementPage as statementPageText } from '../documents/statement-page';
import type { DocumentForm } from '../http/accepted-document';
import type { ListedEntry } from '../engine/merged-entries';
import { signedAmount } from '../ledger/entry';
import { requestNames } from '../ledger/identifiers';
import type { AccountRecord } from '../shards/directory/account-record';
import { HistoryService } from './history.service';

/** What a document may have: it is read in one go, by a person or a spreadsheet. */
export const DOCUMENT_ENTRIES_MAX = 100_000;

const PAGE_ENTRIES = 500;

/** So many are written out at once: each goes on reading as long as somebody takes it. */
const DOCUMENTS_MAX = 8;

export interface OpenedDocument {
  readonly headers: Readonly<Record<string, string>>;
  /** Reads on as it is taken. */
  readonly stream: Readable;
}

const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const FORMS = {
  csv: { write: statementCsv, type: 'text/csv; charset=utf-8; header=present', headers: {} },
  html: {
    write: statementPageText,
    type: 'text/html; charset=utf-8',
    headers: {
      'content-security-policy': [
        "default-src 'none'",
        `style-src 'sha256-${createHash('sha256').update(STATEMENT_STYLE).digest('base64')}'`,
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        'sandbox',
      ].join('; '),
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    },
  },
} as const;

/** Whole statements as documents, written out page by page. */
@Injectable()
export class StatementDocuments {
  #open = 0;

  constructor(private readonly history: HistoryService) {}

  /** @throws Problem RANGE_TOO_LARGE, INSTANT_NOT_SETTLED or OVERLOADED, before anything is written */
  async open(
    account: AccountRecord,
    range: { readonly fromUs: number | undefined; readonly toUs: number | undefined },
    form: DocumentForm,
  ): Promise<OpenedDocument> {
    if (this.#open >= DOCUMENTS_MAX) throw tooManyLists();
    this.#open += 1;
    try {
      const { document, pages } = await this.#read(account, range);
      const { write, type, headers } = FORMS[form];
      const stream = Readable.from(write(document, pages)).once('close', () => (this.#open -= 1));
      const name = `statement-${account.accountId.replaceAll(':', '_')}.${form}`;
      return {
        headers: {
          ...COMMON_HEADERS,
          ...headers,
          'content-type': type,
          'content-disposition': `${form === 'csv' ? 'attachment' : 'inline'}; filename="${name}"`,
        },
        stream,
      };
    } catch (error) {
      this.#open -= 1;
      throw error;
    }
  }

  async #read(account: AccountRecord, range: Parameters<StatementDocuments['open']>[1]) {
    const { history } = this;
    const limit = PAGE_ENTRIES;
    const read = await history.statement(account, { ...range, limit, after: undefined });
    const { openingAtUs, closingAtUs, balances } = statementPage(read);
    if (read.kind !== 'read' || !balances) throw new Error('the first page of a statement has its balances');
    if (balances.entries > DOCUMENT_ENTRIES_MAX) throw tooLong(balances.entries);
    const document: StatementDocument = {
      accountId: account.accountId,
      asset: account.asset,
      openingAt: openingAtUs === undefined ? undefined : timeView(openingAtUs),
      closingAt: timeView(closingAtUs),
      ...balances,
    };
    const pages = pagesOf(read, (after) =>
      history.statement(account, { ...range, toUs: closingAtUs, limit, after }),
    );
    return { document, pages };
  }
}

function tooLong(entries: number): Problem {
  return new Problem('RANGE_TOO_LARGE', {
    detail: `The statement has ${entries} entries; as a document it may have ${DOCUMENT_ENTRIES_MAX}.`,
    errors: [{ field: 'from', rule: 'so late that there are not more; or read it page by page as JSON' }],
  });
}

type Read = Extract<StatementRead, { kind: 'read' }>;

async function* pagesOf(
  first: Read,
  readAfter: (after: Read['page']['next']) => Promise<StatementRead>,
): AsyncGenerator<readonly StatementLine[]> {
  let balanceMinor = first.balances?.openingMinor ?? 0n;
  for (let { page } = first; ;) {
    yield page.items.map((item) => {
      const changeMinor = signedAmount(item.entry);
      balanceMinor += changeMinor;
      return lineOf(item, { changeMinor, balanceMinor });
    });
    if (!page.hasMore) return;
    const next = await readAfter(page.next);
    if (next.kind !== 'read') throw new Error('what was settled stays so');
    ({ page } = next);
  }
}

function lineOf(
  { entry }: ListedEntry,
  amounts: Pick<StatementLine, 'changeMinor' | 'balanceMinor'>,
): StatementLine {
  const { kind, requestId, createdAtUs, reference, counterparty, metadata } = entry;
  return {
    ...amounts,
    at: timeView(createdAtUs),
    kind,
    requestId: requestNames(kind, requestId).requestId,
    reference: reference ?? undefined,
    counterparty,
    metadata: metadata === null ? undefined : (JSON.parse(metadata) as Record<string, string>),
  };
}
