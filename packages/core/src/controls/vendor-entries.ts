// vendor-entries.ts: reads the list of vendors that the allowlist and the blocklist have as their parameter.
import type { ParameterReader } from '../policy/parameter-reader.ts';
import { validateVendorEntry } from '../vendor-match.ts';

/** Hosts, wildcards and ids, as written. That a wildcard spans no public suffix is not checked here. */
export function readVendorEntries(reader: ParameterReader, name: string): readonly string[] {
  return reader.list(name, (entry) => {
    const checked = validateVendorEntry(entry);
    return checked.ok
      ? { ok: true, value: entry }
      : { ok: false, code: checked.code, message: `\`${entry}\` is not usable: ${checked.message}.` };
  });
}
