import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, get, onSessionEnd, Refusal } from './api/client';
import type { Permission, Session } from './api/shapes';
import { go, hrefOf, useRoute } from './live/router';
import { SessionContext } from './live/session';
import { useTheme } from './live/theme';
import { onConnection } from './live/use-polled';
import { Button, Code, Loading } from './parts/basics';
import { attempt, Toasts } from './parts/toasts';
import { AccountView } from './views/account';
import { AccountsView } from './views/accounts';
import { AuditLogView } from './views/audit-log';
import { AuditsView } from './views/audits';
import { IntakeView } from './views/intake';
import { KeysView } from './views/keys';
import { OperationsView } from './views/operations';
import { OverviewView } from './views/overview';
import { ShardsView } from './views/shards';
import { SignIn } from './views/sign-in';
import { WebhookView, WebhooksView } from './views/webhooks';

interface Place {
  readonly path: string;
  readonly name: string;
  readonly needs: Permission;
}

const PLACES: readonly Place[] = [
  { path: '', name: 'Overview', needs: 'read' },
  { path: 'accounts', name: 'Accounts', needs: 'read' },
  { path: 'shards', name: 'Shards', needs: 'admin' },
  { path: 'operations', name: 'Operations', needs: 'admin' },
  { path: 'audits', name: 'Audits', needs: 'admin' },
  { path: 'intake', name: 'Intake', needs: 'read' },
  { path: 'webhooks', name: 'Webhooks', needs: 'admin' },
  { path: 'keys', name: 'Keys', needs: 'admin' },
  { path: 'audit-log', name: 'Audit log', needs: 'admin' },
];

export function App() {
  const [session, setSession] = useState<Session>();
  const [wasEnded, setEnded] = useState(false);
  useEffect(() => {
    onSessionEnd(() => {
      setEnded(true);
      setSession({ signedIn: false });
    });
    const find = (): void => {
      get<Session>('/console/session').then(setSession, (error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        setTimeout(find, 2_000);
      });
    };
    find();
  }, []);
  if (!session)
    return (
      <main class="alone">
        <Loading what="Connecting" />
      </main>
    );
  if (!session.signedIn)
    return (
      <SignIn
        wasEnded={wasEnded}
        signedIn={(next) => {
          setEnded(false);
          setSession(next);
        }}
      />
    );
  const signOut = async (): Promise<void> => {
    await ask('DELETE', '/console/session');
    setSession({ signedIn: false });
  };
  return (
    <SessionContext.Provider value={session}>
      <Shell session={session} signOut={() => void attempt(signOut())} />
    </SessionContext.Provider>
  );
}

function Shell({ session, signOut }: { readonly session: Session; readonly signOut: () => void }) {
  const route = useRoute();
  const [theme, turnTheme] = useTheme();
  const [isLost, setLost] = useState(false);
  const main = useRef<HTMLElement>(null);
  const [first = ''] = route;
  const place = PLACES.find(({ path }) => path === first);
  useEffect(() => {
    onConnection(setLost);
  }, []);
  useArrival(route, place?.name, main);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={() => main.current?.focus()}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href={hrefOf()}>
          <img src="/console/icon.svg" alt="" width="22" height="22" /> hotsplit
        </a>
        <Jump />
        <div class="top-end">
          <span class={`connection ${isLost ? 'connection-lost' : ''}`} role="status">
            <span class="dot" aria-hidden="true" />
            {isLost ? 'Connection lost, trying again …' : 'Live'}
          </span>
          <span class="who" title={`Signed in with the key ${session.keyId ?? ''}`}>
            <Code>{session.keyId}</Code>
          </span>
          <Button
            tone="quiet"
            onClick={turnTheme}
            aria-label={`Change to the ${theme === 'dark' ? 'light' : 'dark'} theme`}
          >
            <span aria-hidden="true">{theme === 'dark' ? '☀' : '☾'}</span>
          </Button>
          <Button tone="quiet" onClick={signOut}>
            Sign out
          </Button>
        </div>
      </header>
      <nav class="side" aria-label="Views">
        <ul>
          {PLACES.map(({ path, name, needs }) => (
            <li key={path}>
              <a
                href={path === '' ? hrefOf() : hrefOf(path)}
                aria-current={first === path ? 'page' : undefined}
                class={session.permissions?.includes(needs) ? '' : 'locked'}
              >
                {name}
                {!session.permissions?.includes(needs) && <span class="unseen"> (not for this key)</span>}
              </a>
            </li>
          ))}
        </ul>
        <p class="side-foot">
          version {session.version}
          <br />
          <a href="/docs" target="_blank" rel="noreferrer">
            API description<span class="unseen"> (opens in a new tab)</span>
          </a>
        </p>
      </nav>
      <main id="main" class="main" ref={main} tabIndex={-1}>
        <View key={route.join('/')} route={route} />
      </main>
      <Toasts />
    </div>
  );
}

/** Names the page after the view, and puts the focus on its head, except at the first view of all. */
function useArrival(
  route: readonly string[],
  name: string | undefined,
  main: { readonly current: HTMLElement | null },
): void {
  const isFirst = useRef(true);
  const where = route.join('/');
  useEffect(() => {
    document.title = [route[1], name ?? 'Not found', 'hotsplit console'].filter(Boolean).join(' · ');
    if (!isFirst.current) main.current?.querySelector('h1')?.focus();
    isFirst.current = false;
    window.scrollTo(0, 0);
  }, [where]);
}

function View({ route }: { readonly route: readonly string[] }) {
  const [first = '', second] = route;
  switch (first) {
    case '':
      return <OverviewView />;
    case 'accounts':
      return second === undefined ? <AccountsView /> : <AccountView id={second} />;
    case 'shards':
      return <ShardsView />;
    case 'operations':
      return <OperationsView />;
    case 'audits':
      return <AuditsView />;
    case 'intake':
      return <IntakeView />;
    case 'webhooks':
      return second === undefined ? <WebhooksView /> : <WebhookView id={second} />;
    case 'keys':
      return <KeysView />;
    case 'audit-log':
      return <AuditLogView />;
    default:
      return (
        <>
          <h1 tabIndex={-1}>There is no such view</h1>
          <p>
            <a href={hrefOf()}>To the overview</a>
          </p>
        </>
      );
  }
}

/** From anywhere to an account. */
function Jump() {
  const [id, setId] = useState('');
  return (
    <form
      class="jump"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (id.trim() !== '') go(hrefOf('accounts', id.trim()));
        setId('');
      }}
    >
      <label class="unseen" for="jump">
        Go to an account by its id
      </label>
      <input
        id="jump"
        type="search"
        name="account"
        placeholder="Go to account …"
        autocomplete="off"
        spellcheck={false}
        value={id}
        onInput={(event) => {
          setId(event.currentTarget.value);
        }}
      />
    </form>
  );
}
