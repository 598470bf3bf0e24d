import { answerParent } from '../../kernel/answer-parent';
import { runClient } from './run-client';
import { runGrpcBatch } from './run-grpc-batch';
import { runGrpcStream } from './run-grpc-stream';
import { runLoad } from './run-load';

/** The load client in a process of its own, so that sending and measuring take nothing from the service's thread. */
answerParent(
  { connections: runLoad, client: runClient, grpcBatch: runGrpcBatch, grpcStream: runGrpcStream },
  () => Promise.resolve(),
);
