// admin/page.ts: cursors of lists that are ordered by id. A cursor says after which id to go on, nothing else, so it
// stays right while rows are added.
import { invalid } from './admin-error.ts';

const PAGE_SIZE = 50;
const PAGE_SIZE_MAX = 200;
const ID_LENGTH_MAX = 128;

export interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** null: this is the last page. */
  readonly nextCursor: string | null;
}

/** What to ask the database for: one row more than the page has, to know whether there is another page. */
export function pageWindow({ limit = PAGE_SIZE, cursor }: PageQuery): { after: string; limit: number } {
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_SIZE_MAX) {
    throw invalid('/limit', `a page has 1 to ${PAGE_SIZE_MAX} entries`, 'out_of_range');
  }
  if (cursor === undefined) return { after: '', limit: limit + 1 };
  const after = Buffer.from(cursor, 'base64url').toString('utf8');
  const isId = after !== '' && after.length <= ID_LENGTH_MAX && !/\p{Cc}/u.test(after);
  if (!isId || Buffer.from(after).toString('base64url') !== cursor) {
    throw invalid('/cursor', 'the cursor is not one that was given here', 'invalid_cursor');
  }
  return { after, limit: limit + 1 };
}

export function pageOf<Row, T>(
  rows: readonly Row[],
  window: { readonly limit: number },
  idOf: (row: Row) => string,
  view: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, window.limit - 1);
  const last = shown.at(-1);
  const hasMore = rows.length === window.limit && last !== undefined;
  return {
    items: shown.map(view),
    nextCursor: hasMore ? Buffer.from(idOf(last)).toString('base64url') : null,
  };
}
