// authority/parse-instant.ts: a point in time as RFC 3339 writes it, with its offset; a date alone is its first moment, UTC.

const FORM = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds since the epoch; undefined for everything else. */
export function parseInstant(text: string): number | undefined {
  if (!FORM.test(text)) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return undefined;
  // Date.parse moves 30 February to March: the day must come out as it was written.
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  return new Date(day).toISOString().startsWith(text.slice(0, 10)) ? ms : undefined;
}
