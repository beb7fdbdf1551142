// gate/stored-sourcing.ts: what sourcing rules were asked about in a recorded decision: the very versions it names, each
// read and compiled once. Must not read what holds now.
import type { SourcingFacts } from '@countersign/core';
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { type FoundSourcingRow, findSourcingVersion } from '../ledger/find-sourcing-version.ts';
import { findSourcingWaiver } from '../ledger/find-sourcing-waiver.ts';
import type { SourcingKind } from '../ledger/insert-sourcing-version.ts';
import type { WaiverRow } from '../ledger/insert-sourcing-waiver.ts';
import {
  storedFramework,
  storedSourcingPolicy,
  storedTender,
  storedWaiver,
} from './sourcing-configuration.ts';
import type { SourcingFactsRow } from './sourcing-rows.ts';

export class StoredSourcing {
  readonly #pool: Pool;
  readonly #found = new Map<string, Promise<unknown>>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async facts(row: SourcingFactsRow): Promise<SourcingFacts> {
    const { policies = [], waivers = [], tender, framework, jurisdictions } = row;
    return {
      policies: await Promise.all(
        policies.map((named) => this.#version('policy', named, storedSourcingPolicy)),
      ),
      jurisdictions,
      tender: tender === undefined ? null : await this.#version('tender', tender, storedTender),
      framework:
        framework === undefined ? null : await this.#version('framework', framework, storedFramework),
      waivers: await Promise.all(
        waivers.map((waiverId) =>
          this.#once(`waiver:${waiverId}`, async () => storedWaiver(waiverId, await this.#waiver(waiverId))),
        ),
      ),
    };
  }

  #version<T>(
    kind: SourcingKind,
    [recordId, version]: readonly [string, number],
    compile: (id: string, document: unknown, version: number) => T,
  ): Promise<T> {
    return this.#once(`${kind}:${recordId}@${version}`, async () => {
      const [row] = await queryRows<FoundSourcingRow>(
        this.#pool,
        findSourcingVersion({ kind, recordId, version }),
      );
      if (row === undefined) throw new Error(`there is no version ${version} of the ${kind} ${recordId}`);
      return compile(recordId, row.document, version);
    });
  }

  async #waiver(waiverId: string): Promise<unknown> {
    const [row] = await queryRows<WaiverRow>(this.#pool, findSourcingWaiver(waiverId));
    if (row === undefined) throw new Error(`there is no waiver ${waiverId}`);
    return row.document;
  }

  #once<T>(key: string, load: () => Promise<T>): Promise<T> {
    const found = this.#found.get(key) ?? load();
    this.#found.set(key, found);
    return found as Promise<T>; // one kind of key, one type
  }
}
