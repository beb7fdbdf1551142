// budget-tree-model.ts: what budgets of a tree of cost centres should hold, said a second time as plainly as possible: one
// record a period, sums over purchases. No transfers, no locks, no SQL.
// Must not import any of the code it is compared with.

export type ModelCarryOver = 'none' | 'unused' | { readonly upTo: bigint };

export interface ModelPeriod {
  readonly startMs: number;
  limit: bigint;
  /** Money that went past the limit, or a limit that was cut below what was used: its most so far. */
  overrun: bigint;
  carriedIn: bigint;
  /** From others, less to others. */
  moved: bigint;
}

interface ModelBudget {
  limit: bigint;
  carryOver: ModelCarryOver;
  readonly createdAtMs: number;
  /** In the order of time. */
  readonly periods: ModelPeriod[];
}

interface ModelPurchase {
  readonly amount: bigint;
  /** Budget -> start of the period that carries it. */
  readonly carriers: ReadonlyMap<string, number>;
  open: boolean;
}

export class BudgetTreeModel {
  readonly budgets = new Map<string, ModelBudget>();
  readonly purchases = new Map<string, ModelPurchase>();
  readonly #parents: Readonly<Record<string, string | null>>;
  readonly #monthOf: (atMs: number) => number;

  constructor(parents: Readonly<Record<string, string | null>>, monthOf: (atMs: number) => number) {
    this.#parents = parents;
    this.#monthOf = monthOf;
  }

  add(id: string, limit: bigint, nowMs: number): void {
    this.budgets.set(id, { limit, carryOver: 'none', createdAtMs: nowMs, periods: [] });
  }

  /** Approved? */
  buy(id: string, leaf: string, amount: bigint, nowMs: number): boolean {
    const line = this.lineOf(leaf);
    const periods = line.map((budgetId) => [budgetId, this.open(budgetId, nowMs)] as const);
    const fits = periods.every(([budgetId, period]) => this.used(budgetId, period) + amount <= period.limit);
    if (!fits) return false;
    const carriers = new Map(periods.map(([budgetId, { startMs }]) => [budgetId, startMs]));
    this.purchases.set(id, { amount, carriers, open: true });
    return true;
  }

  cancel(id: string): void {
    const purchase = this.purchases.get(id);
    if (purchase !== undefined) purchase.open = false;
  }

  /** Moved? */
  transfer(from: string, to: string, amount: bigint, nowMs: number): boolean {
    const [source, target] = [this.open(from, nowMs), this.open(to, nowMs)];
    const standing = this.#budget(to).limit + target.carriedIn + target.moved;
    if (standing < 0n || source.limit - this.used(from, source) < amount) return false;
    source.limit -= amount;
    source.moved -= amount;
    target.limit += amount;
    target.moved += amount;
    return true;
  }

  setLimit(id: string, limit: bigint, nowMs: number): void {
    const budget = this.#budget(id);
    if (budget.carryOver !== 'none') this.open(id, nowMs);
    if (budget.limit === limit) return;
    budget.limit = limit;
    const period = this.#periodAt(budget, nowMs);
    if (period === undefined) return;
    const wanted = limit + period.carriedIn + period.moved;
    period.limit = wanted > 0n ? wanted : 0n;
    const excess = this.used(id, period) - period.limit;
    if (excess > period.overrun) period.overrun = excess;
  }

  setCarryOver(id: string, carryOver: ModelCarryOver, nowMs: number): void {
    this.open(id, nowMs);
    this.#budget(id).carryOver = carryOver;
  }

  used(id: string, period: ModelPeriod): bigint {
    let sum = 0n;
    for (const { open, amount, carriers } of this.purchases.values())
      if (open && carriers.get(id) === period.startMs) sum += amount;
    return sum;
  }

  lineOf(leaf: string): string[] {
    const line: string[] = [];
    for (let at: string | null = leaf; at !== null; at = this.#parents[at] ?? null) line.push(at);
    return line;
  }

  open(id: string, nowMs: number): ModelPeriod {
    const budget = this.#budget(id);
    const found = this.#periodAt(budget, nowMs);
    if (found !== undefined) return found;
    const wanted = this.#monthOf(nowMs);
    if (budget.carryOver === 'none') return this.#push(budget, wanted, 0n);
    const last = budget.periods.at(-1);
    let start = last === undefined ? this.#monthOf(budget.createdAtMs) : this.#next(last.startMs);
    for (;;) {
      const former = budget.periods.at(-1);
      const carried = former === undefined ? 0n : this.#unused(id, former, budget.carryOver);
      if (former !== undefined) former.limit -= carried;
      const opened = this.#push(budget, start, carried);
      if (start === wanted) return opened;
      start = this.#next(start);
    }
  }

  #unused(id: string, former: ModelPeriod, rule: ModelCarryOver): bigint {
    const unused = former.limit - this.used(id, former);
    if (unused <= 0n || rule === 'none') return 0n;
    return rule === 'unused' || unused < rule.upTo ? unused : rule.upTo;
  }

  #push(budget: ModelBudget, startMs: number, carriedIn: bigint): ModelPeriod {
    const period = { startMs, limit: budget.limit + carriedIn, overrun: 0n, carriedIn, moved: 0n };
    budget.periods.push(period);
    return period;
  }

  #periodAt(budget: ModelBudget, nowMs: number): ModelPeriod | undefined {
    const startMs = this.#monthOf(nowMs);
    return budget.periods.find((period) => period.startMs === startMs);
  }

  #next(startMs: number): number {
    return this.#monthOf(startMs + 32 * 86_400_000);
  }

  #budget(id: string): ModelBudget {
    const budget = this.budgets.get(id);
    if (budget === undefined) throw new Error(`no budget ${id}`);
    return budget;
  }
}
