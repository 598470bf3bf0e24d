import { Problem } from '../../contract/problem';
import { statusOf } from './rich-status';

describe('the message of a gRPC status', () => {
  it('names the first field that breaks a rule, and how many more do', () => {
    const errors = [
      { field: 'requestId', rule: 'is required' },
      { field: 'amount', rule: 'too little' },
    ];
    const { details } = statusOf(new Problem('INVALID_ARGUMENT', { errors }));
    expect(details).toBe('The request is malformed: requestId: is required (and 1 more)');
    const [first] = errors;
    const one = statusOf(new Problem('INVALID_ARGUMENT', { errors: first ? [first] : [] }));
    expect(one.details).toBe('The request is malformed: requestId: is required');
  });

  it('is the detail where no field is to blame', () => {
    expect(statusOf(new Problem('OVERLOADED')).details).toBe('The service has too much to do');
  });
});
