// record/wanted-types.ts: which events somebody asked for: exact types, or groups such as `purchase.*`.
import { eventTypeCode } from './event-type-code.ts';

/** Codes to look for; null where a group is wanted, which has no code of its own, or everything is. */
export function typeCodesOf(types: readonly string[] | null): number[] | null {
  if (types === null || types.some(isGroup)) return null;
  return types.map(eventTypeCode);
}

export function isWanted(types: readonly string[] | null, type: string): boolean {
  if (types === null) return true;
  return types.some((wanted) => (isGroup(wanted) ? type.startsWith(wanted.slice(0, -1)) : wanted === type));
}

function isGroup(wanted: string): boolean {
  return wanted.endsWith('*');
}
