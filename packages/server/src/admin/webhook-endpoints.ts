// admin/webhook-endpoints.ts: where events are sent. A registered endpoint gets what is appended to the log from then
// on; a disabled one keeps its place and goes on from there when it is enabled again.
// Must not put a URL into the log: its path may hold a token. The host is named, the rest is a commitment.
import { randomBytes } from 'node:crypto';

import { findWebhookEndpoint } from '../ledger/find-webhook-endpoint.ts';
import { insertWebhookEndpoint, type StoredEndpointRow } from '../ledger/insert-webhook-endpoint.ts';
import { listWebhookEndpoints } from '../ledger/list-webhook-endpoints.ts';
import { updateWebhookEndpoint } from '../ledger/update-webhook-endpoint.ts';
import { updateWebhookSecret } from '../ledger/update-webhook-secret.ts';
import { newId } from '../ids.ts';
import { invalid, notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import { checkedList, checkedReason } from './checked-input.ts';
import { EVENT_TYPES } from './event-types.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { personal } from './personal-text.ts';
import { checkedWebhookUrl } from './webhook-url.ts';

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

export interface WebhookEndpointInput {
  readonly url: string;
  /** Event names, or `purchase.*`; absent or `*`: all. */
  readonly events?: readonly string[] | undefined;
}

export interface WebhookEndpointView {
  readonly endpointId: string;
  readonly url: string;
  /** null: all. */
  readonly events: readonly string[] | null;
  readonly status: 'active' | 'disabled';
  readonly disabledReason: string | null;
  readonly createdAt: string;
}

/** `secret` is shown here and never again. */
export interface CreatedWebhookEndpoint extends WebhookEndpointView {
  readonly secret: string;
}

export interface WebhookEndpoints {
  create(actor: Actor, input: WebhookEndpointInput, options?: ChangeOptions): Promise<CreatedWebhookEndpoint>;
  disable(
    actor: Actor,
    endpointId: string,
    reason?: string | null,
    options?: ChangeOptions,
  ): Promise<WebhookEndpointView>;
  enable(actor: Actor, endpointId: string, options?: ChangeOptions): Promise<WebhookEndpointView>;
  /** The next attempt is signed with the new secret. */
  rotateSecret(
    actor: Actor,
    endpointId: string,
    options?: ChangeOptions,
  ): Promise<{ readonly endpointId: string; readonly secret: string }>;
  get(endpointId: string): Promise<WebhookEndpointView>;
  list(query?: PageQuery): Promise<Page<WebhookEndpointView>>;
}

export interface WebhookSettings {
  /** Admits http and loopback. */
  readonly allowPrivateWebhooks: boolean;
}

export function createWebhookEndpoints(context: AdminContext & WebhookSettings): WebhookEndpoints {
  return {
    create: (actor, input, options) => createEndpoint(context, actor, input, options),
    disable: (actor, endpointId, reason, options) =>
      setStatus(context, actor, { endpointId, status: 'disabled', reason: reason ?? null }, options),
    enable: (actor, endpointId, options) =>
      setStatus(context, actor, { endpointId, status: 'active', reason: null }, options),
    async rotateSecret(actor, endpointId, options) {
      const operation = `webhook_endpoints.rotate_secret/${endpointId}`;
      return applyChange(context, { actor, operation, options, holdsSecret: true }, async (step) => {
        await foundEndpoint(step, endpointId);
        const secret = newSecret();
        await step.tx.query(updateWebhookSecret({ endpointId, secret, entryId: step.entryId }));
        await step.record({ type: 'webhook_endpoint.rotated', subjectId: endpointId, before: {}, after: {} });
        return { endpointId, secret };
      });
    },
    async get(endpointId) {
      const [row] = await readRows<StoredEndpointRow>(context.pool, findWebhookEndpoint(endpointId));
      if (row === undefined) throw notFound('webhook endpoint', endpointId);
      return viewOf(row);
    },
    async list(query = {}) {
      const window = pageWindow(query);
      const rows = await readRows<StoredEndpointRow>(context.pool, listWebhookEndpoints(window));
      return pageOf(rows, window, (row) => row.endpoint_id, viewOf);
    },
  };
}

async function createEndpoint(
  context: AdminContext & WebhookSettings,
  actor: Actor,
  input: WebhookEndpointInput,
  options: ChangeOptions | undefined,
): Promise<CreatedWebhookEndpoint> {
  const url = checkedWebhookUrl(input.url, context.allowPrivateWebhooks);
  const events = checkedEvents(input.events);
  const request = { actor, operation: 'webhook_endpoints.create', options, holdsSecret: true };
  return applyChange(context, request, async (step) => {
    const row: StoredEndpointRow = {
      endpoint_id: newId('whe'),
      url: url.href,
      events,
      status: 'active',
      disabled_reason: null,
      created_at: step.at,
      entry_id: step.entryId,
    };
    const secret = newSecret();
    await step.tx.query(insertWebhookEndpoint({ ...row, secret }));
    const after = { events, host: url.host, status: row.status, url: personal(url.href) };
    await step.record({ type: 'webhook_endpoint.created', subjectId: row.endpoint_id, before: null, after });
    return { ...viewOf(row), secret };
  });
}

async function setStatus(
  context: AdminContext,
  actor: Actor,
  {
    endpointId,
    status,
    reason,
  }: { endpointId: string; status: 'active' | 'disabled'; reason: string | null },
  options: ChangeOptions | undefined,
): Promise<WebhookEndpointView> {
  const stated = reason === null ? null : checkedReason('/reason', reason);
  const isEnabling = status === 'active';
  const operation = `webhook_endpoints.${isEnabling ? 'enable' : 'disable'}/${endpointId}`;
  return applyChange(context, { actor, operation, options }, async (step) => {
    const before = await foundEndpoint(step, endpointId);
    if (before.status === status) return viewOf(before);
    const row = { ...before, status, disabled_reason: stated, entry_id: step.entryId };
    await step.tx.query(updateWebhookEndpoint(row));
    await step.record({
      type: isEnabling ? 'webhook_endpoint.enabled' : 'webhook_endpoint.disabled',
      subjectId: endpointId,
      before: { reason: personal(before.disabled_reason), status: before.status },
      after: { reason: personal(stated), status },
    });
    return viewOf(row);
  });
}

async function foundEndpoint(step: ChangeStep, endpointId: string): Promise<StoredEndpointRow> {
  const row = await firstRow<StoredEndpointRow>(step.tx, findWebhookEndpoint(endpointId));
  if (row === null) throw notFound('webhook endpoint', endpointId);
  return row;
}

function checkedEvents(events: readonly string[] | undefined): string[] | null {
  if (events === undefined || events.includes('*')) return null;
  return checkedList('/events', events, (field, name) => {
    const isKnown = name.endsWith('.*')
      ? name.length > 2 && EVENT_TYPES.some((type) => type.startsWith(name.slice(0, -1)))
      : EVENT_TYPES.includes(name);
    if (isKnown) return name;
    throw invalid(field, 'it is no event, and no group of events such as `purchase.*`', 'unknown_event');
  });
}

function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

function viewOf(row: StoredEndpointRow): WebhookEndpointView {
  return {
    endpointId: row.endpoint_id,
    url: row.url,
    events: row.events,
    status: row.status,
    disabledReason: row.disabled_reason,
    createdAt: row.created_at.toISOString(),
  };
}
