import fc from 'fast-check';

const STEPS = 1_000_000;

/**
 * A place in a list whose length is not known yet, 0 to below 1. All are equally likely: `fc.double` would draw from all
 * doubles there are, most of which are next to 0, and always pick the first.
 */
export const pick: fc.Arbitrary<number> = fc.noBias(fc.nat(STEPS - 1)).map((step) => step / STEPS);
