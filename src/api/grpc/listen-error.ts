/** The library tells of it in words only; most likely the port is in use. */
export class GrpcListenError extends Error {
  readonly code = 'EADDRINUSE';

  constructor(address: string, cause: Error) {
    super(`cannot listen for gRPC on ${address}: ${cause.message}`, { cause });
    this.name = 'GrpcListenError';
  }
}
