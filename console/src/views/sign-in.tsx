import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, Refusal } from '../api/client';
import type { Session } from '../api/shapes';
import { useTheme } from '../live/theme';
import { Button } from '../parts/basics';

interface SignInProps {
  readonly wasEnded: boolean;
  readonly signedIn: (session: Session) => void;
}

/** The key is sent once. What the browser keeps is a session, in a cookie that no script reads. */
export function SignIn({ wasEnded, signedIn }: SignInProps) {
  useTheme();
  const [key, setKey] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · hotsplit console';
    field.current?.focus();
  }, []);
  const send = async (): Promise<void> => {
    setBusy(true);
    try {
      signedIn((await ask<Session>('POST', '/console/session', { key: key.trim() })).body);
    } catch (error) {
      // A key with other characters than a header carries is none.
      setRefused(error instanceof Refusal ? error.message : 'This is no key.');
      setBusy(false);
      field.current?.focus();
    }
  };
  return (
    <main class="alone">
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== '') void send();
        }}
      >
        <h1>
          <img src="/console/icon.svg" alt="" width="30" height="30" /> hotsplit console
        </h1>
        {wasEnded && <p role="status">The session is over. Sign in again to go on where you were.</p>}
        <label class="field">
          <span>API key</span>
          <input
            ref={field}
            name="key"
            type="password"
            autocomplete="current-password"
            value={key}
            aria-invalid={refused !== ''}
            aria-describedby="key-said"
            onInput={(event) => {
              setKey(event.currentTarget.value);
            }}
          />
        </label>
        <p
          id="key-said"
          class={refused === '' ? 'muted' : 'refusal'}
          role={refused === '' ? undefined : 'alert'}
        >
          {refused === '' ? 'What you see and may do here is what the key may do.' : refused}
        </p>
        <Button type="submit" tone="main" disabled={isBusy || key.trim() === ''}>
          {isBusy ? 'Signing in …' : 'Sign in'}
        </Button>
      </form>
    </main>
  );
}
