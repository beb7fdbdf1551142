// db/statement.ts: one SQL statement as data: a name (so that it is prepared once), its text and its values.

export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}
