// conformance/matrix-guard.ts: the authority matrix while a run is on. It is the organisation's: what is in force stays in
// force word for word, the run's rows come after it, and are taken out again at the end, whoever published in between.
// Rows of the run name its own agents, tiers its own categories: no other purchase is decided differently.
import { isDeepStrictEqual } from 'node:util';

import type { Exchange, Json } from './evidence.ts';
import { valueAt } from './expectation.ts';
import { BrokenOff, type Scene } from './scene.ts';

export type MatrixRow = Readonly<Record<string, Json>> & { readonly row_id: string };
export type MatrixTier = Readonly<Record<string, Json>> & {
  readonly tier: string;
  readonly category: string;
};

interface Document {
  readonly rows: readonly Json[];
  readonly tiers: readonly Json[];
}

const PATH = '/v1/authority-matrix';

export class MatrixGuard {
  readonly #prefix: string;
  #base: Document;
  #rows: readonly MatrixRow[] = [];
  #tiers: readonly MatrixTier[] = [];
  #isPublished = false;
  /** Version that was in force before the run; null: none was. */
  readonly versionBefore: number | null;
  readonly #shield: () => string;

  private constructor(
    found: { base: Document; version: number | null },
    { prefix, shieldApprover }: { readonly prefix: string; readonly shieldApprover: () => string },
  ) {
    this.#prefix = prefix;
    this.#base = found.base;
    this.versionBefore = found.version;
    this.#shield = shieldApprover;
  }

  /** @param shieldApprover somebody of the run, for tiers that nobody is to sign */
  static async open(
    scene: Scene,
    options: { readonly prefix: string; readonly shieldApprover: () => string },
  ): Promise<MatrixGuard> {
    const answer = await scene.call('operator', 'GET', PATH);
    if (answer.status === 404)
      return new MatrixGuard({ base: { rows: [], tiers: [] }, version: null }, options);
    return new MatrixGuard(
      { base: documentOf(answer), version: Number(valueAt(answer, '/received/version')) },
      options,
    );
  }

  /** Whether the installation's own rows give authority to agents that none names. */
  get hasRowForAnyAgent(): boolean {
    return this.#base.rows.some((row) => memberOf(row, 'agent_id') === '*' || memberOf(row, 'role') === '*');
  }

  get isPublished(): boolean {
    return this.#isPublished;
  }

  async publish(
    scene: Scene,
    {
      rows = this.#rows,
      tiers = this.#tiers,
    }: { rows?: readonly MatrixRow[]; tiers?: readonly MatrixTier[] },
  ): Promise<Exchange> {
    await this.#followOthers(scene);
    const answer = await scene.change('PUT', PATH, {
      rows: [...this.#base.rows, ...rows],
      tiers: [...this.#base.tiers, ...tiers, ...this.#shields(tiers)],
    });
    this.#isPublished = true;
    this.#rows = rows;
    this.#tiers = tiers;
    return answer;
  }

  /** Another limit for one of the run's rows; null: the row is taken away. */
  setLimit(scene: Scene, rowId: string, limit: Json | null): Promise<Exchange> {
    const rows = this.#rows.flatMap((row) =>
      row.row_id !== rowId ? [row] : limit === null ? [] : [{ ...row, autonomous_limit: limit }],
    );
    return this.publish(scene, { rows });
  }

  row(rowId: string): MatrixRow {
    const row = this.#rows.find((each) => each.row_id === rowId);
    if (row === undefined) throw new BrokenOff(`the run has no row \`${rowId}\``);
    return row;
  }

  /** Puts a row back that was changed or taken away. */
  putBack(scene: Scene, row: MatrixRow): Promise<Exchange> {
    return this.publish(scene, { rows: [...this.#rows.filter((each) => each.row_id !== row.row_id), row] });
  }

  /** @returns a sentence on what is in force now */
  async restore(scene: Scene): Promise<string> {
    if (!this.#isPublished) return 'The authority matrix was not touched.';
    const current = documentOf(await scene.call('operator', 'GET', PATH));
    const own = this.#without(current);
    if (isDeepStrictEqual(current, own)) return 'The authority matrix in force has nothing of this run.';
    const answer = await scene.change('PUT', PATH, { rows: own.rows, tiers: own.tiers });
    const version = JSON.stringify(valueAt(answer, '/received/version'));
    if (this.versionBefore === null) {
      return `The authority matrix is empty again (version ${version}): it cannot be withdrawn, so publish yours before any agent buys.`;
    }
    return `The authority matrix is as it was (version ${version} has what version ${this.versionBefore} had).`;
  }

  /** Whoever published since: theirs is what stays. */
  async #followOthers(scene: Scene): Promise<void> {
    if (!this.#isPublished) return;
    const answer = await scene.call('operator', 'GET', PATH);
    if (answer.status === 200) this.#base = this.#without(documentOf(answer));
  }

  #without({ rows, tiers }: Document): Document {
    const isOurs = (name: Json | undefined): boolean =>
      typeof name === 'string' && name.startsWith(`${this.#prefix}_`);
    return {
      rows: rows.filter((row) => !isOurs(memberOf(row, 'row_id'))),
      tiers: tiers.filter((tier) => !isOurs(memberOf(tier, 'tier')) && !isOurs(memberOf(tier, 'category'))),
    };
  }

  /** The installation's tiers of any category would sign for the run's categories: of each name the nearest holds. */
  #shields(tiers: readonly MatrixTier[]): Json[] {
    const names = new Set(this.#base.tiers.map((tier) => nameOf(memberOf(tier, 'tier'))));
    const categories = new Set(tiers.map(({ category }) => category));
    return [...categories].flatMap((category) =>
      [...names].map((tier, index) => ({
        tier,
        category,
        limit: { amount: `0.${String(index + 1).padStart(2, '0')}`, currency: 'GBP' },
        approvers: [this.#shield()],
      })),
    );
  }
}

function documentOf(answer: Exchange): Document {
  const list = (at: string): readonly Json[] => {
    const value = valueAt(answer, at);
    return Array.isArray(value) ? (value as readonly Json[]) : []; // a list of JSON
  };
  return { rows: list('/received/rows'), tiers: list('/received/tiers') };
}

/** A tier may be numbered. */
function nameOf(name: Json | undefined): string {
  return typeof name === 'string' ? name : JSON.stringify(name ?? '');
}

function memberOf(value: Json, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as Readonly<Record<string, Json>>)[name]; // no list
}
