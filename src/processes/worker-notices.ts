import { InProcessNotices, type Notice } from '../platform/notices';
import type { WorkerLine } from './worker-line';

/** Notices between the workers of one machine, passed on by their primary. They are not kept: what is told reaches those that are there. */
export class WorkerNotices extends InProcessNotices {
  constructor(private readonly line: Pick<WorkerLine, 'tell' | 'onNotice'>) {
    super();
    line.onNotice((notice) => {
      super.publish(notice);
    });
  }

  override publish(notice: Notice): void {
    super.publish(notice);
    void this.line.tell({ kind: 'notice', notice });
  }
}
