// gate/configuration-cache.ts: keeps the compiled configuration of this process, and replaces it whole when the
// database has a newer version. Everything but the hot path asks `fresh()`; the gate compares versions under its lock.
import type { Pool } from 'pg';

import { loadConfiguration } from '../ledger/load-configuration.ts';
import { readConfigurationVersion } from '../ledger/read-configuration-version.ts';
import { EMPTY_SUPPLIER_INDEX } from '../suppliers/supplier-index.ts';
import { type Configuration, compileConfiguration } from './configuration.ts';

export class ConfigurationCache {
  readonly #pool: Pool;
  #current: Configuration | null = null;
  #loading: Promise<Configuration> | null = null;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** What was last loaded; the gate checks its version before it relies on it. */
  get current(): Configuration {
    if (this.#current === null) throw new Error('the configuration has not been loaded yet');
    return this.#current;
  }

  /** The newest configuration: one cheap query where nothing has changed. */
  async fresh(): Promise<Configuration> {
    const { rows } = await this.#pool.query<{ version: bigint }>(readConfigurationVersion());
    if (this.#current !== null && rows[0]?.version === this.#current.version) return this.#current;
    return this.load();
  }

  /** Loads it again, whatever version is cached. Callers at the same time share one load. */
  async load(): Promise<Configuration> {
    if (this.#loading !== null) return this.#loading;
    const suppliers = this.#current?.suppliers ?? EMPTY_SUPPLIER_INDEX;
    this.#loading = loadConfiguration(this.#pool, suppliers.revision)
      .then((rows) => {
        const next = compileConfiguration(rows, suppliers);
        if (this.#current === null || next.version >= this.#current.version) this.#current = next;
        return this.#current;
      })
      .finally(() => {
        this.#loading = null;
      });
    return this.#loading;
  }
}
