import { answerParent } from '../../kernel/answer-parent';
import { SlowReader, type SlowReaderPlan } from './slow-reader';

let reader: SlowReader | undefined;

/** The slow reader in a process of its own, so that its memory and its time are not the load client's. */
answerParent(
  {
    start: async (plan: SlowReaderPlan) => {
      reader = await SlowReader.start(plan);
    },
    progress: () => reader?.progress,
    finish: () => reader?.finish(),
  },
  () => Promise.resolve(),
);
