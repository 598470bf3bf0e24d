import { Button } from './basics';
import { Dialog } from './dialog';

/** A secret that is shown this once. */
export function SecretDialog({
  title,
  secret,
  close,
}: {
  readonly title: string;
  readonly secret: string;
  readonly close: () => void;
}) {
  return (
    <Dialog title={title} close={close}>
      <p>It is shown this once. Keep it where secrets are kept.</p>
      <label class="field">
        <span>Secret</span>
        <input
          readOnly
          name="secret"
          value={secret}
          onFocus={(event) => {
            event.currentTarget.select();
          }}
        />
      </label>
      <footer class="dialog-foot">
        <Button tone="main" onClick={close}>
          It is kept
        </Button>
      </footer>
    </Dialog>
  );
}
