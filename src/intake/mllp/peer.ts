import { BlockList, isIPv6 } from 'node:net';
import type { MllpPeer } from '../../referral/directory/mllp.ts';

/** Where a connection comes from: its address, and the SHA-256 of the certificate it proved to hold (hex, lower case). */
export interface From {
  readonly address: string;
  readonly certificate?: string;
}

/** IPv4 that came in on an IPv6 socket, as IPv4. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

function isInRange(address: string, range: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  const family = (one: string) => (isIPv6(one) ? 'ipv6' : 'ipv4');
  try {
    const list = new BlockList();
    list.addSubnet(network, bits === '' ? (isIPv6(network) ? 128 : 32) : Number(bits), family(network));
    return list.check(address, family(address));
  } catch {
    // A range that cannot be read lets nobody in.
    return false;
  }
}

/**
 * The peer that sends under this name (MSH-4) from this place (decision 14); when the directory asks for a certificate
 * and a range, both. Undefined for a stranger, and when two practices would fit: then nobody knows whose it is.
 */
export function findPeer(peers: readonly MllpPeer[], from: From, facility: string): MllpPeer | undefined {
  const found = peers.filter(
    (one) =>
      facility !== '' &&
      one.facility === facility &&
      (one.certificate === undefined || one.certificate === from.certificate) &&
      (one.addressRange === undefined || isInRange(from.address, one.addressRange)),
  );
  return found.length === 1 ? found[0] : undefined;
}
