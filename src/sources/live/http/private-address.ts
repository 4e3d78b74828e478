import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Networks that are not part of the internet: RFC 1918, link-local, unique local, loopback, and 100.64/10 (RFC 6598), which VPNs use. */
const networks: readonly (readonly [string, number])[] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
  ['100.64.0.0', 10],
  ['fc00::', 7],
  ['fe80::', 10],
  ['::1', 128],
];

let list: BlockList | undefined;

/** True for an IP address of the own network; an IPv4 address may be written as IPv6 (`::ffff:192.168.0.9`). */
export function isPrivateAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  list ??= buildList();
  if (isIPv4(plain)) return list.check(plain, 'ipv4');
  return isIPv6(plain) && list.check(plain, 'ipv6');
}

function buildList(): BlockList {
  const built = new BlockList();
  for (const [network, prefix] of networks) built.addSubnet(network, prefix, isIPv4(network) ? 'ipv4' : 'ipv6');
  return built;
}
