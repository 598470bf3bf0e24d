import type { ComponentChildren, JSX } from 'preact';
import type { Refusal } from '../api/client';
import { amountText, ageText, codeOf, timeText } from '../format';

/** The head of a view. */
export function ViewHead({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <header class="view-head">
      <h1 tabIndex={-1}>{title}</h1>
      {children && <div class="view-actions">{children}</div>}
    </header>
  );
}

interface PanelProps {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Panel({ title, aside, class: extra = '', children }: PanelProps) {
  const id = `panel-${title.toLowerCase().replace(/\W+/g, '-')}`;
  return (
    <section class={`panel ${extra}`} aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

type Tone = 'good' | 'warn' | 'bad' | 'idle' | 'busy';

const TONES: Readonly<Record<string, Tone>> = {
  active: 'good',
  up: 'good',
  open: 'good',
  done: 'good',
  succeeded: 'good',
  delivered: 'good',
  enabled: 'good',
  balanced: 'good',
  frozen: 'warn',
  full: 'bad',
  draining: 'warn',
  pending: 'warn',
  disabled: 'warn',
  refused: 'warn',
  received: 'busy',
  running: 'busy',
  held: 'busy',
  asked: 'idle',
  closed: 'idle',
  expired: 'idle',
  cancelled: 'idle',
  confirmed: 'good',
  down: 'bad',
  failed: 'bad',
  rejected: 'bad',
  'not balanced': 'bad',
};

/** A state in words; its colour only repeats them. */
export function Status({ is }: { readonly is: string }) {
  return (
    <span class={`status status-${TONES[is] ?? 'idle'}`}>
      <span class="dot" aria-hidden="true" />
      {is}
    </span>
  );
}

export function Amount({
  minor,
  asset,
  class: extra = '',
}: {
  readonly minor: string;
  readonly asset: string;
  readonly class?: string;
}) {
  return (
    <span class={`amount ${extra}`}>
      {amountText(minor, asset)} <span class="asset">{codeOf(asset)}</span>
    </span>
  );
}

export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={`${at} (${ageText(at)})`}>
      {timeText(at)}
    </time>
  );
}

/** An id or a key: as it is, and never wrapped within a word unless it must be. */
export function Code({ children }: { readonly children: ComponentChildren }) {
  return <code class="code">{children}</code>;
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

export function Loading({ what = 'Loading' }: { readonly what?: string }) {
  return (
    <p class="loading" role="status">
      <span class="spinner" aria-hidden="true" /> {what} …
    </p>
  );
}

/** Why something is not shown: not allowed, or not to be had. */
export function Trouble({ refusal, again }: { readonly refusal: Refusal; readonly again?: () => void }) {
  if (refusal.isForbidden)
    return (
      <div class="trouble trouble-forbidden">
        <h3>Not for this key</h3>
        <p>{refusal.message}</p>
      </div>
    );
  return (
    <div class="trouble" role="alert">
      <h3>{refusal.problem.title}</h3>
      <p>
        {refusal.faults || refusal.message} <span class="muted">({refusal.code})</span>
      </p>
      {again && (
        <button type="button" class="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

interface ShownProps<Value> {
  readonly polled: {
    readonly value: Value | undefined;
    readonly refusal: Refusal | undefined;
    readonly again: () => void;
  };
  readonly what?: string;
  readonly children: (value: Value) => ComponentChildren;
}

/** A value when it is known, else that it is coming, or why not. What was known stays in sight while the service is away. */
export function Shown<Value>({ polled: { value, refusal, again }, what, children }: ShownProps<Value>) {
  if (value !== undefined) return <>{children(value)}</>;
  if (refusal) return <Trouble refusal={refusal} again={again} />;
  return <Loading {...(what !== undefined && { what })} />;
}

type ButtonProps = Omit<JSX.IntrinsicElements['button'], 'type' | 'class' | 'disabled'> & {
  readonly tone?: 'main' | 'danger' | 'quiet';
  readonly disabled?: boolean;
  readonly class?: string;
  readonly type?: 'button' | 'submit';
};

export function Button({ tone, class: extra, type = 'button', ...rest }: ButtonProps) {
  const classes = ['button', tone ? `button-${tone}` : '', extra ?? ''].join(' ').trim();
  return <button type={type} class={classes} {...rest} />;
}

/** What a thing is called and what it is, one pair a row. */
export function Facts({ children }: { readonly children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>;
}

export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Anything that was answered, as it is. */
export function Json({ value }: { readonly value: unknown }) {
  return <pre class="json">{JSON.stringify(value, null, 2)}</pre>;
}
