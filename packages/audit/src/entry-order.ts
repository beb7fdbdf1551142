// Checks of what an entry says, beyond its hash: that it is canonical JSON and, where asked, that
// `entry_id`s ascend. Must see the entries in leaf order; keeps only the last id.
import { CanonicalJsonError, canonicalJson } from './canonical-json.ts';
import { MalformedError } from './malformed.ts';
import { decodeUtf8 } from './strict-encoding.ts';

export type EntryFault = { kind: 'entry_not_canonical' | 'entry_id_not_ascending'; reason: string };

const ENTRY_ID = /^(?:0|[1-9][0-9]{0,19})$/;

export class EntryOrder {
  #lastId = -1n;

  /** The faults of the next entry. */
  check(
    entry: Uint8Array,
    { canonical, ascending }: { canonical: boolean; ascending: boolean },
  ): EntryFault[] {
    const faults: EntryFault[] = [];
    const { json, fault } = parseCanonical(entry);
    if (canonical && fault !== undefined) faults.push({ kind: 'entry_not_canonical', reason: fault });
    const order = ascending ? this.#advance(json) : undefined;
    if (order !== undefined) faults.push({ kind: 'entry_id_not_ascending', reason: order });
    return faults;
  }

  #advance(json: unknown): string | undefined {
    const id = readEntryId(json);
    if (id === undefined) return 'the entry has no readable entry_id';
    const last = this.#lastId;
    if (id > last) this.#lastId = id;
    return id > last ? undefined : `entry_id ${id} does not follow ${last}`;
  }
}

/** Whether bytes are the RFC 8785 form of the value they hold; duplicate members are not. */
export function isCanonicalJson(bytes: Uint8Array): boolean {
  return parseCanonical(bytes).fault === undefined;
}

function parseCanonical(bytes: Uint8Array): { json: unknown; fault?: string } {
  let text: string;
  let json: unknown;
  try {
    text = decodeUtf8(bytes, 'the entry');
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof MalformedError) return { json: undefined, fault: error.message };
    if (error instanceof SyntaxError) return { json: undefined, fault: 'the entry is not JSON' };
    throw error;
  }
  try {
    return canonicalJson(json) === text ? { json } : { json, fault: 'the entry is not in canonical form' };
  } catch (error) {
    if (error instanceof CanonicalJsonError) return { json, fault: error.message };
    throw error;
  }
}

function readEntryId(json: unknown): bigint | undefined {
  const id = typeof json === 'object' && json !== null && 'entry_id' in json ? json.entry_id : undefined;
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return BigInt(id);
  return typeof id === 'string' && ENTRY_ID.test(id) ? BigInt(id) : undefined;
}
