import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { FindAddresses } from './find-addresses';

/** What is not out in the open: this machine, its networks, and what is set aside for other ends. */
const PRIVATE = { 4: new BlockList(), 6: new BlockList() };
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  PRIVATE[4].addSubnet(address, prefix, 'ipv4');
// Of IPv6 only what is given out to be reached is public, and of that not what carries an IPv4 address or is for documents.
for (const [address, prefix] of [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  PRIVATE[6].addSubnet(address, prefix, 'ipv6');

/** Of an address as digits, without brackets. */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  // A list of both would find every IPv4 address among those of IPv6, as which it is checked too.
  return family === 6 ? PRIVATE[6].check(address, 'ipv6') : family === 0 || PRIVATE[4].check(address, 'ipv4');
}

/** A receiver is at an address where nothing is sent to. */
export class PrivateAddressError extends Error {
  constructor(readonly host: string) {
    super(`${host} is at an address that is not public`);
  }
}

/**
 * Looks names up for connections; where `allowsPrivate` is false, it hands out public addresses only. The connection goes to what is
 * handed out here, so a name that is given another address a moment later gains nothing.
 */
export function receiverLookup(find: FindAddresses, allowsPrivate: boolean): LookupFunction {
  return (hostname, options, done) => {
    find(hostname).then(
      (all) => {
        const { family } = options;
        const found = family === 4 || family === 6 ? all.filter((each) => each.family === family) : all;
        const [first] = found;
        if (!allowsPrivate && all.some(({ address }) => isPrivate(address)))
          done(new PrivateAddressError(hostname), '', 0);
        else if (!first)
          done(Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' }), '', 0);
        else if (options.all === true) done(null, found);
        else done(null, first.address, first.family);
      },
      (error: unknown) => {
        done(error as NodeJS.ErrnoException, '', 0);
      },
    );
  };
}
