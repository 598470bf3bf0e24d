import type { Delivery, Header, Request } from '../request';
import type { Draft } from '../render';

/** One thing done to a request, in words and in deed, at the stage at which it can be done. */
export type Change =
  | { readonly stage: 'values'; readonly what: string; readonly apply: (draft: Draft) => Draft }
  | { readonly stage: 'request'; readonly what: string; readonly apply: (request: Request) => Request }
  | { readonly stage: 'delivery'; readonly what: string; readonly apply: (delivery: Delivery) => Delivery };

export const onValues = (what: string, apply: (draft: Draft) => Draft): Change => ({
  stage: 'values',
  what,
  apply,
});

export const onRequest = (what: string, apply: (request: Request) => Request): Change => ({
  stage: 'request',
  what,
  apply,
});

export const onDelivery = (what: string, apply: (delivery: Delivery) => Delivery): Change => ({
  stage: 'delivery',
  what,
  apply,
});

/** Sets a header, or takes it away; any case of its name. */
export const setHeader =
  (name: string, value: string | undefined): ((headers: readonly Header[]) => Header[]) =>
  (headers) => [
    ...headers.filter(([each]) => each.toLowerCase() !== name),
    ...(value === undefined ? [] : [[name, value] as const]),
  ];
