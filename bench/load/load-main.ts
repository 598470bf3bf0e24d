import { answerParent } from '../processes/answer-parent';
import { runClient } from './run-client';
import { runLoad } from './run-load';

/** The load client in a process of its own, so that sending and measuring take nothing from the service's thread. */
answerParent({ connections: runLoad, client: runClient }, () => Promise.resolve());
