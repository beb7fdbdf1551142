// mcc-list.ts: a list of merchant category codes (ISO 18245), single ones and ranges, as the MCC rules have it.
import type { ParameterReader } from '../policy/parameter-reader.ts';

export interface MccList {
  /** Takes four digits. */
  has(mcc: string): boolean;
  /** How many entries were written. */
  readonly entries: number;
}

/** Reads `5734` and `3000-3299` (both ends included). */
export function readMccList(reader: ParameterReader, name: string): MccList {
  const codes = new Set<number>();
  const ranges = reader.list(name, (entry) => {
    const match = /^([0-9]{4})(?:-([0-9]{4}))?$/.exec(entry);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    return match !== null && first <= last
      ? { ok: true, value: { first, last } }
      : {
          ok: false,
          code: 'invalid_mcc',
          message: `\`${entry}\` is not a code of four digits or a range such as \`3000-3299\`.`,
        };
  });
  for (const { first, last } of ranges) {
    for (let code = first; code <= last; code += 1) codes.add(code);
  }
  return { has: (mcc) => codes.has(Number(mcc)), entries: ranges.length };
}

/** The merchant category code of an action, or null where none is given or it is not four digits. */
export function mccOf(action: { readonly mcc: string | null }): string | null {
  return action.mcc !== null && /^[0-9]{4}$/.test(action.mcc) ? action.mcc : null;
}
