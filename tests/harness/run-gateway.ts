// Runs a gateway on the database named as argument until it is killed: commands come in as lines of JSON, and answers go
// out as they are acknowledged. For tests that need a gateway to be another process. No HTTP: what is killed is the gate.
import { createInterface } from 'node:readline';

import { canonicalJson } from '@countersign/audit';
import type { ClientConfig } from 'pg';
import { pino } from 'pino';

import { assembleGateway } from '../../packages/server/src/main.ts';
import type { Caller } from '../../packages/server/src/record/caller.ts';
import { purchaseInput } from './test-gate.ts';

/** One command: a purchase of 1.00 USD under a key. */
export interface GatewayLine {
  readonly key: string;
  readonly vendor: string;
  readonly caller: Caller;
}

/** One acknowledgement, or the code of the failure. */
export type GatewayWord =
  | {
      readonly key: string;
      readonly type: string;
      readonly entryId: string;
      readonly requestId: string;
      readonly body: string;
    }
  | { readonly key: string; readonly failed: string };

const [config, logKeyFile, nowText] = process.argv.slice(2);
if (config === undefined || logKeyFile === undefined)
  throw new Error('usage: run-gateway.ts CONNECTION KEY_FILE NOW');
const nowMs = Number(nowText);
const gateway = await assembleGateway({
  connection: JSON.parse(config) as ClientConfig,
  logKeyFile,
  log: pino({ level: 'silent' }),
  now: () => nowMs,
});
const say = (word: GatewayWord | { readonly ready: true }): void => {
  process.stdout.write(`${JSON.stringify(word)}\n`);
};
say({ ready: true });
for await (const text of createInterface({ input: process.stdin })) {
  const line = JSON.parse(text) as GatewayLine;
  void decide(line).then(say);
}
await gateway.close();

async function decide({ key, vendor, caller }: GatewayLine): Promise<GatewayWord> {
  const agentId = caller.kind === 'agent' ? caller.agentId : '';
  const input = purchaseInput({ agentId, policyId: 'pol', vendor, amountMinor: 100n });
  const idempotency = { key, bodyHash: Buffer.from(vendor.padEnd(32)) };
  try {
    const answer = await gateway.gate.submit({ command: { kind: 'request', input, idempotency }, caller });
    if (!answer.ok) return { key, failed: answer.code };
    const { type, entryId, subjectId, body } = answer.entry;
    return {
      key,
      type,
      entryId: String(entryId),
      requestId: subjectId,
      body: canonicalJson(body, 'left out'),
    };
  } catch (error) {
    return { key, failed: error instanceof Error ? error.name : 'unknown' };
  }
}
