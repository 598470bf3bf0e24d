import { Injectable } from '@nestjs/common';
import { pageLength } from '../../contract/cursors';
import { autoSplitOf, type HotAccount, listHotAccounts, setAutoSplit } from '../../contract/heat';
import { revisionsOf } from '../../contract/revisions';
import { HeatService } from '../../heat/heat.service';
import { rechosenOrProblem } from '../operation-problem';
import { checked, checkOf, type SaidIn } from './check';
import type { ListHotAccountsRequest, SetAutoSplitRequest } from './messages';
import { own, present } from './read-requests';
import { serves } from './serves';
import { timestampOf } from './timestamp';
import type { UnaryMethod } from './unary';
import { enumValue, taggedAccountView } from './views';
import { enumOf } from './wire';

const isChoice = checkOf<SaidIn<typeof setAutoSplit>>(setAutoSplit);
const isList = checkOf<SaidIn<typeof listHotAccounts>>(listHotAccounts);

const KINDS = enumOf('hotsplit.v1.SplitKind');

/** Which accounts are used most, and whether they are split by themselves. */
@Injectable()
export class HeatMethods {
  constructor(private readonly heat: HeatService) {}

  methods(): UnaryMethod[] {
    return [this.#choose(), this.#list()];
  }

  #choose(): UnaryMethod {
    const answer = async (message: SetAutoSplitRequest): Promise<object> => {
      const { ifMatch } = own(message, 'ifMatch');
      const { accountId, ...body } = checked(isChoice, {
        ...present('accountId', message.accountId),
        enabled: message.enabled,
        ...own(message, 'min'),
        ...own(message, 'max'),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      });
      const revisions = revisionsOf(body['if-match']);
      return taggedAccountView(
        rechosenOrProblem(await this.heat.choose(accountId, autoSplitOf(body), revisions)),
      );
    };
    return serves(setAutoSplit, answer);
  }

  #list(): UnaryMethod {
    const answer = async (message: ListHotAccountsRequest): Promise<object> => {
      const { limit } = checked(isList, {
        ...(Object.hasOwn(message, 'limit') && { limit: String(message.limit) }),
      });
      return { items: (await this.heat.list(pageLength(limit))).map(view) };
    };
    return serves(listHotAccounts, answer);
  }
}

function view({ hotSinceUs, decision, now, ...rest }: HotAccount) {
  return {
    ...rest,
    hotSince: hotSinceUs === null ? undefined : timestampOf(hotSinceUs),
    lastDecision: decision && {
      kind: enumValue(KINDS, 'SPLIT_KIND', decision.kind),
      at: timestampOf(decision.atUs),
      reason: decision.reason,
      before: decision.from,
      after: decision.to,
    },
    now: { kind: enumValue(KINDS, 'SPLIT_KIND', now.kind), reason: now.reason },
  };
}
