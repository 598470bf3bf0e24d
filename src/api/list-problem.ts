import { Problem } from '../contract/problem';
import { RETRY_AFTER_SECONDS } from './outcome-problem';

export function tooManyLists(): Problem {
  return new Problem('OVERLOADED', {
    detail:
      'Too many lists are being read, or too many answers have not been taken by those who asked for them.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
