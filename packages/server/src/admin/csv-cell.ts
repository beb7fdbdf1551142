// admin/csv-cell.ts: one cell of a CSV that is exported (RFC 4180), and back. A text that a spreadsheet would take for a
// formula is made a text (OWASP, CSV injection).

const FORMULA = /^[=+\-@\t\r]/;

export function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What csvCell guarded comes back as it was. */
export function textOfCell(text: string): string {
  return text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text;
}
