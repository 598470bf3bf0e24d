import type { Operation } from '../api/shapes';

export function ProgressBar({ operation: { progress, kind, accountId } }: { readonly operation: Operation }) {
  const { done, total } = progress;
  const label = `${kind}${accountId === undefined ? '' : ` of ${accountId}`}`;
  return (
    <span class="progress">
      {total > 0 ? <progress max={total} value={done} aria-label={label} /> : <progress aria-label={label} />}
      <span class="muted">{total > 0 ? `${done} of ${total}` : 'under way'}</span>
    </span>
  );
}
