import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';
import { NOTICES, type Notices } from './notices';

/** Tells other instances which accounts have changed, and reads anew what others tell of. */
@Injectable()
export class AccountNotices implements OnApplicationBootstrap {
  constructor(
    private readonly runtime: EngineRuntime,
    @Inject(NOTICES) private readonly notices: Notices,
  ) {}

  onApplicationBootstrap(): void {
    this.runtime.announceWith((accountId) => {
      this.notices.publish({ kind: 'accountChanged', accountId });
    });
    this.notices.subscribe((notice) => {
      if (notice.kind === 'accountChanged') this.runtime.accounts.refresh(notice.accountId);
    });
  }
}
