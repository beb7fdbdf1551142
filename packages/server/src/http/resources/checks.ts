// http/resources/checks.ts: policies asked about what is not a purchase, and everything that did not pass.
// Amounts of checks are JSON numbers with exactly the currency's digits, which no JavaScript number keeps: they are
// written as text into the answer.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import { findCheckView, findRuleDescription, listViolationEntries } from '../../gate/purchase-reads.ts';
import type { HttpContext } from '../context.ts';
import { parsedCheck } from '../parse-check.ts';
import { type RecordedBody, presentDecision, recordedBody, tellingFinding } from '../present-decision.ts';
import { invalidField, notFound } from '../problem.ts';
import { agentScope, callerOf, hashOfBody, type Idempotency, serve } from '../route.ts';
import { violationCursor, violationsOf } from '../violations.ts';
import { accepted, refuseOtherAgent } from './purchase-requests.ts';

const PAGE_SIZE = 50;
const JSON_TYPE = 'application/json; charset=utf-8';
const DECISIONS = { approved: 'allow', held: 'escalate', denied: 'block' } as const;

export function registerChecks(app: FastifyInstance, context: HttpContext): void {
  const { gate, pool, metrics, now } = context;
  serve(
    app,
    operations.openCheck,
    async ({ body, request, reply, idempotency }) => {
      const started = performance.now();
      refuseOtherAgent(agentScope(request), body.agent_id);
      const given = idempotencyOf(body, idempotency);
      const input = parsedCheck(body, now());
      const command = { kind: 'check', input, idempotency: given } as const;
      const answer = accepted(await gate.submit({ command, caller: callerOf(request) }), reply);
      const recorded = answer.entry.body as unknown as RecordedBody; // written by gate/entry-body.ts
      if (!answer.replayed) metrics.decided('check', recorded.decision?.outcome ?? 'unknown');
      const latencyMs = Math.round((performance.now() - started) * 1000) / 1000;
      return reply.type(JSON_TYPE).send(await checkJson(context, recorded, latencyMs));
    },
    { viaGate: true },
  );

  serve(app, operations.getCheck, async ({ params, request, reply }) => {
    const row = await findCheckView(pool, params.check_id);
    const own = agentScope(request);
    if (row === undefined || (own !== null && row.agent_id !== own))
      throw notFound('There is no such check.');
    return reply.type(JSON_TYPE).send(await checkJson(context, recordedBody(row.body), null));
  });

  serve(app, operations.listViolations, async ({ query, request }) => {
    const { limit = PAGE_SIZE, cursor, policy_id = null, reason_code = null } = query;
    const own = agentScope(request);
    const agentId = own ?? query.agent_id ?? null;
    if (own !== null && query.agent_id !== undefined && query.agent_id !== own)
      return { data: [], next_cursor: null };
    const filter = { policyId: policy_id, reasonCode: reason_code };
    const from = violationCursor(cursor);
    const read = (fromEntryId: bigint | null, count: number) =>
      listViolationEntries(pool, {
        ...filter,
        agentId,
        since: instant(query.since),
        until: instant(query.until),
        fromEntryId,
        limit: count,
      });
    return violationsOf({ read, filter, from, limit });
  });
}

function instant(text: string | undefined): string | null {
  return text === undefined ? null : new Date(text).toISOString();
}

/** The key in the body counts as the header; both only if they are the same. */
function idempotencyOf(
  body: { readonly idempotency_key?: string },
  header: Idempotency | null,
): Idempotency | null {
  const { idempotency_key: key, ...rest } = body;
  if (key === undefined) return header === null ? null : { key: header.key, bodyHash: hashOfBody(rest) };
  if (header !== null && header.key !== key) {
    const message = '`idempotency_key` and the `Idempotency-Key` header differ.';
    throw invalidField('invalid', { field: 'idempotency_key', code: 'contradiction', message });
  }
  return { key, bodyHash: hashOfBody(rest) };
}

async function checkJson(
  { pool, configuration }: HttpContext,
  body: RecordedBody,
  latencyMs: number | null,
): Promise<string> {
  const { terms } = body;
  if (terms === undefined || body.decision === undefined)
    throw new Error(`the entry of ${body.subject_id} is no check`);
  const { outcome, findings, policies } = presentDecision(body.decision, body.at);
  const telling = outcome === 'approved' ? undefined : tellingFinding(findings);
  const [policy] = policies;
  const ruleId = telling?.rule_id ?? null;
  let description: string | null = null;
  if (ruleId !== null && policy !== undefined) {
    const current = configuration.current.policies.get(policy.policy_id);
    description =
      current?.version === policy.version
        ? (current.rules.find((rule) => rule.ruleId === ruleId)?.description ?? null)
        : await findRuleDescription(pool, { policyId: policy.policy_id, version: policy.version, ruleId });
  }
  const before = {
    check_id: body.subject_id,
    agent_id: terms.agent_id,
    policy_id: terms.policy_id ?? null,
    action_type: terms.action_type ?? 'spend',
  };
  const after = {
    currency: terms.currency,
    counterparty: terms.vendor,
    decision: DECISIONS[outcome],
    reason_code: telling?.reason_code ?? null,
    message: telling?.message ?? 'Every rule lets it pass.',
    violated_rule_id: ruleId,
    violated_rule_description: description,
    policy_version: policy?.version ?? null,
    next_step: telling?.next_step ?? null,
    latency_ms: latencyMs,
    timestamp: body.at,
  };
  // A decimal string of the gate's own is a JSON number as it stands.
  return `${JSON.stringify(before).slice(0, -1)},"amount":${terms.amount},${JSON.stringify(after).slice(1)}`;
}
