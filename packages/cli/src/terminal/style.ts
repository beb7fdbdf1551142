// terminal/style.ts: colours and marks, which must carry no meaning alone: without colour every line reads the same.
// Follows NO_COLOR, FORCE_COLOR and whether the output is a terminal, as picocolors decides.
import pico from 'picocolors';

export const style = {
  bold: pico.bold,
  dim: pico.dim,
  good: pico.green,
  bad: pico.red,
  waiting: pico.yellow,
  name: pico.cyan,
} as const;

/** At most so many characters, the last three dots where some are left out. */
export function cut(text: string, lengthMax: number): string {
  const characters = Array.from(text);
  return characters.length <= lengthMax ? text : `${characters.slice(0, lengthMax - 3).join('')}...`;
}

/** The status of a purchase or a check, in its colour. */
export function painted(status: string): string {
  if (['approved', 'allowed', 'allow', 'reconciled', 'settled', 'matched'].includes(status))
    return style.good(status);
  if (['held', 'escalated', 'escalate', 'pending', 'expired'].includes(status)) return style.waiting(status);
  if (['denied', 'blocked', 'block', 'declined', 'rejected'].includes(status)) return style.bad(status);
  return status;
}
