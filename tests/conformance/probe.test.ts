import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { type ConformanceGateway, removeFolders, runCommand, startConformanceGateway } from './conformance-gateway.ts';
let gateway: ConformanceGateway;
beforeAll(async () => { gateway = await startConformanceGateway(); });
afterAll(async () => { await gateway.close(); await removeFolders(); });
it('probe', async () => {
  const run = await runCommand(gateway.url, { firstMatrix: true });
  console.log(readFileSync(`${run.dir}/report.txt`, 'utf8'));
  console.log(run.notes);
  expect(run.code).toBe(0);
}, 300_000);
