import { Injectable } from '@nestjs/common';
import { ApiKeys } from '../../platform/api-keys';
import { SCOPES } from '../../platform/principal';
import type { ApiKeyLimits } from '../../shards/directory/directory';
import { checkedExpiry, expiryToCome } from '../../contract/key-expiry';
import { Problem } from '../../contract/problem';
import { decodeIdCursor, encodeCursor, pageLength } from '../../contract/cursors';
import { changeKey, createKey, deleteKey, listKeys } from '../../contract/keys';
import type { ChangeKeyRequest, CreateKeyRequest, DeleteKeyRequest, PageRequest } from './messages';
import { checked, checkOf, type SaidIn } from './check';
import { changedFields } from './field-mask';
import { own, pageOf, present } from './read-requests';
import { serves } from './serves';
import { microsecondsOf } from './timestamp';
import type { UnaryMethod } from './unary';
import { enumValue, keyLimitsView, keyView } from './views';
import { enumOf } from './wire';

const isNewKey = checkOf<SaidIn<typeof createKey>>(createKey);
const isChange = checkOf<SaidIn<typeof changeKey>>(changeKey);
const isKey = checkOf<SaidIn<typeof deleteKey>>(deleteKey);

const SCOPE_VALUES = enumOf('hotsplit.v1.Scope');
const SCOPES_BY_VALUE = new Map<number, string>(
  SCOPES.map((scope) => [enumValue(SCOPE_VALUES, 'SCOPE', scope), scope]),
);

/** API keys. A key's secret is shown once, in the answer to its creation. */
@Injectable()
export class KeyMethods {
  constructor(private readonly keys: ApiKeys) {}

  methods(): UnaryMethod[] {
    return [this.#create(), this.#list(), this.#change(), this.#delete()];
  }

  #create(): UnaryMethod {
    const answer = async (message: CreateKeyRequest): Promise<object> => {
      const { scopes, accounts, expiresAt } = message;
      const body = checked(isNewKey, {
        ...present('name', message.name),
        ...(scopes.length > 0 && { scopes: scopesOf(scopes) }),
        ...(accounts.length > 0 && { accounts }),
        ...own(message, 'requestsPerSecond'),
        ...own(message, 'deductionsPerSecond'),
      });
      const expiresAtUs =
        expiresAt && (await expiryToCome(microsecondsOf('expiresAt', expiresAt), this.keys));
      const { accounts: within = null, requestsPerSecond = null, deductionsPerSecond = null } = body;
      const wanted = { ...body, accounts: within, expiresAtUs, requestsPerSecond, deductionsPerSecond };
      const { keyId, scopes: given, secret } = await this.keys.create(wanted);
      return { keyId, name: body.name, ...keyLimitsView({ ...wanted, scopes: given }), key: secret };
    };
    return serves(createKey, answer);
  }

  #list(): UnaryMethod {
    const answer = async (message: PageRequest): Promise<object> => {
      const page = pageOf(message);
      const limit = pageLength(page.limit);
      const found = await this.keys.list({ after: decodeIdCursor(page.cursor), limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return {
        items: items.map(keyView),
        nextCursor: found.length > limit && last ? encodeCursor(last.keyId) : undefined,
      };
    };
    return serves(listKeys, answer);
  }

  #change(): UnaryMethod {
    const answer = async (message: ChangeKeyRequest): Promise<object> => {
      const { scopes, accounts, expiresAt } = message;
      const named = changedIn(message);
      const { keyId, ...body } = checked(isChange, {
        ...present('keyId', message.keyId),
        ...(named.has('scopes') && { scopes: scopesOf(scopes) }),
        ...(named.has('accounts') && accounts.length > 0 && { accounts }),
        ...(named.has('requests_per_second') && own(message, 'requestsPerSecond')),
        ...(named.has('deductions_per_second') && own(message, 'deductionsPerSecond')),
      });
      const change: Partial<ApiKeyLimits> = {
        ...body,
        ...(named.has('accounts') && { accounts: body.accounts ?? null }),
        ...(named.has('requests_per_second') && { requestsPerSecond: body.requestsPerSecond ?? null }),
        ...(named.has('deductions_per_second') && { deductionsPerSecond: body.deductionsPerSecond ?? null }),
        ...(named.has('expires_at') && {
          expiresAtUs: expiresAt && checkedExpiry(microsecondsOf('expiresAt', expiresAt)),
        }),
      };
      const changed = await this.keys.change(keyId, change);
      return changed ? { key: keyView(changed) } : new Problem('KEY_NOT_FOUND');
    };
    return serves(changeKey, answer);
  }

  #delete(): UnaryMethod {
    const answer = async (message: DeleteKeyRequest): Promise<object> => {
      const { keyId } = checked(isKey, present('keyId', message.keyId));
      return (await this.keys.delete(keyId)) ? {} : new Problem('KEY_NOT_FOUND');
    };
    return serves(deleteKey, answer);
  }
}

function changedIn(message: ChangeKeyRequest) {
  return changedFields(message.updateMask, {
    scopes: message.scopes.length > 0,
    accounts: message.accounts.length > 0,
    expires_at: message.expiresAt !== null,
    requests_per_second: Object.hasOwn(message, 'requestsPerSecond'),
    deductions_per_second: Object.hasOwn(message, 'deductionsPerSecond'),
  });
}

/** In words. A number that stands for no scope is left to the check of the words. */
function scopesOf(values: readonly number[]): string[] {
  return values.map((value) => SCOPES_BY_VALUE.get(value) ?? String(value));
}
