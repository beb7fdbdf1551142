// db/entries-beside.ts: SQL that gives all log entries of a row's subject with the row, as JSON: there are a handful.

/** @param subject an SQL expression for the subject's id */
export function entriesBeside(subject: string): string {
  return `(SELECT json_agg(json_build_object('entry_id', entry_id::text, 'body', encode(body, 'base64')) ORDER BY entry_id)
    FROM log_entry WHERE subject_id = ${subject}) AS entries`;
}
