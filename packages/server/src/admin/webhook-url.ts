// admin/webhook-url.ts: which addresses a webhook may be sent to: https to the outside, unless configured otherwise.
// A host name is not resolved here: what it resolves to is checked when a delivery connects, by `isPrivateAddress`.
import { BlockList, isIP } from 'node:net';

import { invalid } from './admin-error.ts';

const URL_LENGTH_MAX = 2_048;
const FIELD = '/url';

/** @param allowPrivate admits http, loopback and private addresses, for tests and closed networks */
export function checkedWebhookUrl(text: string, allowPrivate: boolean): URL {
  if (text.length > URL_LENGTH_MAX)
    throw invalid(FIELD, `a URL has at most ${URL_LENGTH_MAX} characters`, 'text_too_long');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.hostname === '') throw invalid(FIELD, 'it is not an absolute URL', 'invalid_url');
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      FIELD,
      'a URL with a user name or password is refused: the signature is the credential',
      'url_credentials',
    );
  }
  if (url.hash !== '') throw invalid(FIELD, 'a URL to post to has no fragment', 'invalid_url');
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) {
    throw invalid(FIELD, 'a webhook is sent over https', 'url_not_https');
  }
  if (!allowPrivate && isPrivateHost(url.hostname)) {
    throw invalid(FIELD, 'private and loopback addresses are refused', 'url_private');
  }
  return url;
}

/** Whether an IP address is not one of the public internet. What is no IP address at all counts as private. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  return family === 6 ? PRIVATE_IPV6.check(address, 'ipv6') : PRIVATE_IPV4.check(address, 'ipv4');
}

/** The URL parser has brought every notation of an IPv4 address to dotted decimals. */
function isPrivateHost(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0) return isPrivateAddress(address);
  const name = address.replace(/\.$/, '');
  return !name.includes('.') || /(^|\.)(localhost|local|internal)$/.test(name);
}

// IANA special-purpose registries (RFC 6890 and its updates), multicast, and IPv6 forms that carry an IPv4 address.
// Two lists, because the last of these would match every IPv4 address in a common one.
const PRIVATE_IPV4 = new BlockList();
for (const [network, prefix] of [
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
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  PRIVATE_IPV4.addSubnet(network, prefix, 'ipv4');
}

const PRIVATE_IPV6 = new BlockList();
for (const [network, prefix] of [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE_IPV6.addSubnet(network, prefix, 'ipv6');
}
