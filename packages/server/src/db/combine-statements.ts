// db/combine-statements.ts: several statements that only write, as one: each has a cost of its own, in the database and in
// the driver, that a small batch feels. Must not be given statements that need to see each other's rows: within one
// statement, none does.
import type { Statement } from './statement.ts';

/** Each is one INSERT, UPDATE or DELETE without WITH or RETURNING. At least one. */
export function combineStatements(statements: readonly [Statement, ...Statement[]]): Statement {
  if (statements.length === 1) return statements[0];
  return { ...combinationOf(statements), values: statements.flatMap((statement) => statement.values) };
}

type Combination = Pick<Statement, 'name' | 'text'>;

// Owned by this module. The statements are few and always the same, so are their combinations; numbered, because a
// prepared statement's name has 63 characters.
const combinations = new Map<string, Combination>();

function combinationOf(statements: readonly Statement[]): Combination {
  const names = statements.map((statement) => statement.name).join('+');
  const known = combinations.get(names);
  if (known !== undefined) return known;
  let offset = 0;
  const parts = statements.map((statement) => {
    const text = statement.text.replace(/\$(\d+)/g, (_, number: string) => `$${Number(number) + offset}`);
    offset += statement.values.length;
    return text;
  });
  const before = parts.slice(0, -1).map((part, index) => `part_${index} AS (${part})`);
  const text = `/* ${names} */ WITH ${before.join(', ')} ${parts.at(-1) ?? ''}`;
  const combination = { name: `combined_${combinations.size}`, text };
  combinations.set(names, combination);
  return combination;
}
