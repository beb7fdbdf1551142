// vendor-match.ts: whether a vendor string is on a list of host, wildcard and id entries.
// A host entry (`aws.amazon.com`) admits that host and its `www.`; `*.x.com` admits subdomains of any depth
// but not `x.com`; a bare word (`aws`) is an id and admits itself alone, letter case included.
// Must never match by substring, by registrable domain, or by how characters look: only ASCII letters fold,
// nothing is normalised, and a name outside ASCII equals only the identical string (never a wildcard's subdomain).
// URLs are refused, in entries and as a vendor: a path, port or user name is room to hide another host in.

export type VendorFaultCode =
  | 'vendor_empty'
  | 'vendor_too_long'
  | 'vendor_has_space'
  | 'vendor_is_url'
  | 'vendor_has_port'
  | 'vendor_has_path'
  | 'vendor_has_wildcard'
  | 'vendor_malformed';

export interface VendorFault {
  ok: false;
  code: VendorFaultCode;
  message: string;
}

export type VendorEntryKind = 'host' | 'wildcard' | 'id';
export type VendorEntryResult = { ok: true; kind: VendorEntryKind } | VendorFault;

export type VendorResult = { ok: true; kind: 'host' | 'id'; canonical: string } | VendorFault;

export type VendorMatch =
  | { matched: true; entry: string }
  /** `fault` says why the vendor cannot be compared at all; a list that blocks must not read it as a pass. */
  | { matched: false; fault?: VendorFaultCode };

export interface VendorMatcher {
  /** Answers in time independent of the list's length; `entry` is the matching entry as it was written. */
  match(vendor: string): VendorMatch;
}

const HOST_LENGTH_MAX = 253; // RFC 1035 section 2.3.4, without the trailing dot
const ASCII_LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Compiles a published list. Throws on an entry that `validateVendorEntry` refuses: such a list was never
 * published, and leaving the entry out would open a list that blocks.
 */
export function compileVendorList(entries: readonly string[]): VendorMatcher {
  const hosts = new Map<string, string>();
  const ids = new Map<string, string>();
  const wildcardParents = new Map<string, string>();
  for (const entry of entries) {
    const checked = validateVendorEntry(entry);
    if (!checked.ok) throw new Error(`vendor entry was not validated first: ${checked.message}`);
    if (checked.kind === 'id') ids.set(entry, entry);
    else if (checked.kind === 'host') hosts.set(canonicalHost(entry), entry);
    else wildcardParents.set(canonicalHost(entry.slice(2)), entry);
  }

  return {
    match(vendor) {
      const checked = checkVendor(vendor);
      if (!checked.ok) return { matched: false, fault: checked.code };
      const entry =
        checked.kind === 'id'
          ? ids.get(checked.canonical)
          : (findHost(hosts, checked.canonical) ?? findParent(wildcardParents, checked.canonical));
      return entry === undefined ? { matched: false } : { matched: true, entry };
    },
  };
}

/** Whether an entry may stand on a vendor list. That a wildcard spans no public suffix is not checked here. */
export function validateVendorEntry(entry: string): VendorEntryResult {
  if (!entry.startsWith('*.')) {
    const checked = checkVendor(entry);
    return checked.ok ? { ok: true, kind: checked.kind } : checked;
  }
  const parent = checkVendor(entry.slice(2));
  if (!parent.ok) return parent;
  if (parent.kind !== 'host') {
    return fault(
      'vendor_has_wildcard',
      'a wildcard must stand before a host of two labels or more, as in `*.example.com`',
    );
  }
  if (!isAscii(parent.canonical)) {
    return fault('vendor_has_wildcard', 'a wildcard must stand before a host in ASCII (`xn--` form)');
  }
  if (/\.[0-9]+$/.test(parent.canonical)) {
    return fault('vendor_has_wildcard', 'a wildcard must not stand before an address');
  }
  return { ok: true, kind: 'wildcard' };
}

/**
 * Reads the vendor of a request. With a dot in it, it is a host: ASCII letters lower-cased, one trailing dot
 * dropped. Without, it is an id, as written. Anything else than these is a fault, never a guess.
 */
export function checkVendor(vendor: string): VendorResult {
  const known = checkedVendors.get(vendor);
  if (known !== undefined) return known;
  const checked = checkedOnce(vendor);
  if (checkedVendors.size >= CHECKED_MAX) checkedVendors.clear();
  checkedVendors.set(vendor, checked);
  return checked;
}

const CHECKED_MAX = 5_000;
// Owned by checkVendor: several controls read the vendor of every purchase.
const checkedVendors = new Map<string, VendorResult>();

function checkedOnce(vendor: string): VendorResult {
  if (vendor === '') return fault('vendor_empty', 'vendor must not be empty');
  if (vendor.length > HOST_LENGTH_MAX + 1) {
    return fault('vendor_too_long', `vendor must have at most ${HOST_LENGTH_MAX} characters`);
  }
  const forbidden = findForbidden(vendor);
  if (forbidden !== undefined) return forbidden;
  if (!vendor.includes('.')) return { ok: true, kind: 'id', canonical: vendor };

  const host = canonicalHost(vendor);
  const labels = host.split('.');
  const isHost =
    labels.length > 1 && labels.every((label) => (isAscii(label) ? ASCII_LABEL.test(label) : true));
  if (!isHost || host.length > HOST_LENGTH_MAX) {
    return fault('vendor_malformed', 'vendor has a dot but is not a host name such as `aws.amazon.com`');
  }
  return { ok: true, kind: 'host', canonical: host };
}

/**
 * Whether a host is the expected one or its `www.`, as a host entry admits it; not the other way round. False
 * when either is no host: an id has no host that could be known here.
 */
export function sameHost(host: string, expected: string): boolean {
  const [checked, wanted] = [checkVendor(host), checkVendor(expected)];
  if (!checked.ok || !wanted.ok || checked.kind !== 'host' || wanted.kind !== 'host') return false;
  return checked.canonical === wanted.canonical || checked.canonical === `www.${wanted.canonical}`;
}

function findForbidden(vendor: string): VendorFault | undefined {
  if (/^[a-z0-9._-]+$/i.test(vendor)) return undefined; // nearly all: none of what is looked for below
  if (/\s/u.test(vendor)) return fault('vendor_has_space', 'vendor must not contain spaces');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(vendor) || vendor.startsWith('//')) {
    return fault('vendor_is_url', 'vendor must be a host such as `aws.amazon.com`, without a scheme or path');
  }
  if (/[/\\?#]/.test(vendor))
    return fault('vendor_has_path', 'vendor must be a host or an id, without a path');
  if (vendor.includes('*')) {
    return fault(
      'vendor_has_wildcard',
      '`*` may stand only in a list, at the start of an entry, as in `*.example.com`',
    );
  }
  if (/:[0-9]*$/.test(vendor))
    return fault('vendor_has_port', 'vendor must be a host or an id, without a port');
  // Control, formatting (zero-width, bidirectional), unassigned and surrogate characters; user and port separators.
  if (/[@:\p{C}\p{Z}]/u.test(vendor)) {
    return fault('vendor_malformed', 'vendor must not contain `@`, `:` or invisible characters');
  }
  return undefined;
}

function findHost(hosts: ReadonlyMap<string, string>, host: string): string | undefined {
  return hosts.get(host) ?? (host.startsWith('www.') ? hosts.get(host.slice('www.'.length)) : undefined);
}

function findParent(wildcardParents: ReadonlyMap<string, string>, host: string): string | undefined {
  // Some characters outside ASCII turn into dots and slashes when a client maps the name; see the header.
  if (wildcardParents.size === 0 || !isAscii(host)) return undefined;
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const entry = wildcardParents.get(host.slice(dot + 1));
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function canonicalHost(text: string): string {
  const withoutRootDot = text.endsWith('.') ? text.slice(0, -1) : text;
  // Not toLowerCase alone: it folds letters outside ASCII into it (the Kelvin sign becomes k).
  return withoutRootDot.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}

function fault(code: VendorFaultCode, message: string): VendorFault {
  return { ok: false, code, message };
}
