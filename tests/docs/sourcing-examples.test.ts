// sourcing-examples.test.ts: the sourcing policies that the docs print can be published, and the codes they list are those
// of the controls.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { parseSourcingPolicy } from '../../packages/core/src/index.ts';
import { REPOSITORY } from './page-examples.ts';

const CONTROLS = join(REPOSITORY, 'packages/core/src/controls');
const text = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');

describe('the docs of sourcing', () => {
  it('print policies that can be published', () => {
    const blocks = [...text('docs/concepts/sourcing.md').matchAll(/```json sourcing-policy\n([^]*?)```/g)];
    expect(blocks.length).toBeGreaterThan(0);
    for (const [, block] of blocks) {
      const parsed = parseSourcingPolicy('housing', JSON.parse(block ?? ''), 1);
      expect(parsed.ok ? [] : parsed.faults).toEqual([]);
    }
  });

  it('list the reason codes of each control', () => {
    const rows = text('docs/reference/sourcing.md').split('## Findings')[1]?.split('\n') ?? [];
    const listed = rows.flatMap((row) => {
      const [, control, codes] = row.split('|');
      const name = /`(\w+)`/.exec(control ?? '')?.[1];
      return name === undefined
        ? []
        : [[name, [...(codes ?? '').matchAll(/`(\w+)`/g)].map(([, code]) => code)]];
    });
    const files = readdirSync(CONTROLS).filter((file) => !file.endsWith('.test.ts'));
    const said = files.flatMap((file) => {
      const source = readFileSync(join(CONTROLS, file), 'utf8');
      const name = /const NAME = '(\w+)'/.exec(source)?.[1];
      if (name === undefined || !source.includes('sourcing')) return [];
      const codes = [
        ...source.matchAll(/reasonCode: (?:isSplit \? |room\.reasonCode \?\? )?'(\w+)'(?: : '(\w+)')?/g),
      ];
      return codes.length === 0 ? [] : [[name, codes.flatMap(([, ...found]) => found.filter(Boolean))]];
    });
    const sorted = (rowsOf: unknown[]): Record<string, string[]> =>
      Object.fromEntries(
        (rowsOf as [string, string[]][])
          .filter(([name]) => name !== 'supplier_standing')
          .map(([name, codes]) => [name, [...new Set(codes)].toSorted()]),
      );
    expect(sorted(listed)).toEqual(sorted(said));
  });
});
