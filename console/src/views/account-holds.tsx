import { part } from '../api/client';
import type { Hold } from '../api/shapes';
import { amountText } from '../format';
import { Code, Empty, Time } from '../parts/basics';
import { List } from '../parts/paged';

/** What is set aside on an account now, and for how long. */
export function AccountHolds({
  id,
  asset,
  turn,
}: {
  readonly id: string;
  readonly asset: string;
  readonly turn: number;
}) {
  return (
    <List<Hold>
      caption={`Open holds of ${id}`}
      path={`/v1/accounts/${part(id)}/holds`}
      filters={{ status: 'held', limit: '20' }}
      turn={turn}
      keyOf={({ holdId }) => holdId}
      empty={<Empty>Nothing is set aside.</Empty>}
      columns={[
        { name: 'hold', show: ({ holdId }) => <Code>{holdId}</Code> },
        { name: 'held', isNumber: true, show: ({ heldAmount }) => amountText(heldAmount, asset) },
        {
          name: 'taken',
          isNumber: true,
          isExtra: true,
          show: ({ confirmedAmount }) =>
            confirmedAmount === undefined ? '–' : amountText(confirmedAmount, asset),
        },
        { name: 'since', isExtra: true, show: ({ createdAt }) => <Time at={createdAt} /> },
        { name: 'until', show: ({ expiresAt }) => <Time at={expiresAt} /> },
        { name: 'reference', isExtra: true, show: ({ reference }) => <span class="said">{reference}</span> },
      ]}
    />
  );
}
