import { readFileSync } from 'node:fs';

import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';

import { openApiDocument } from './openapi.ts';
import { listOperations } from './operations.ts';

describe('the OpenAPI document', () => {
  it('is the committed file: run `npx tsx packages/contract/scripts/write-openapi.ts` after a change', () => {
    const committed = readFileSync(new URL('../../../docs/reference/openapi.json', import.meta.url), 'utf8');
    expect(committed).toBe(`${JSON.stringify(openApiDocument(), null, 2)}\n`);
  });

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(openApiDocument()));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('refers to nothing that is not there', () => {
    const text = JSON.stringify(openApiDocument());
    const names = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]));
    const { components } = openApiDocument() as { components: { schemas: Record<string, unknown> } };
    for (const name of names) expect(Object.keys(components.schemas)).toContain(name);
    expect(names.size).toBeGreaterThan(30);
  });

  it('names each operation once, says what it is for, and shows an example of every body that is needed', () => {
    const operations = listOperations();
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    expect(new Set(operations.map(({ method, path }) => `${method} ${path}`)).size).toBe(operations.length);
    for (const operation of operations) {
      expect(operation.summary.length, operation.operationId).toBeGreaterThan(5);
      if (operation.body !== undefined && operation.bodyOptional !== true) {
        expect(operation.bodyExample, operation.operationId).toBeDefined();
      }
      const named = [...operation.path.matchAll(/\{([a-z_]+)\}/g)].map((match) => match[1]);
      expect(Object.keys(operation.params?.properties ?? {}), operation.operationId).toEqual(named);
    }
  });
});
