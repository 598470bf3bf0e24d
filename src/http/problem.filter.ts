import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  NotFoundException,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Metrics } from '../platform/metrics';
import { Problem } from '../contract/problem';
import { keyIdOf, namesOf } from './call-names';
import { problemOfError, sendProblem } from './problem-reply';
import { noteProblem } from './watch-calls';

/** What happens outside the API's own routes (an unknown path, say) is told in the same form. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly metrics: Metrics) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const problem =
      error instanceof NotFoundException
        ? new Problem('ROUTE_NOT_FOUND')
        : // Nest wraps what Fastify raises (an unreadable body, say); the cause tells what it was.
          problemOfError(error instanceof HttpException ? (error.cause ?? error) : error, this.metrics);
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    this.metrics.problemAnswered(problem, namesOf(request), keyIdOf(request));
    const reply = http.getResponse<FastifyReply>();
    void reply.code(problem.status);
    noteProblem(request, reply);
    void sendProblem(reply, problem);
  }
}
