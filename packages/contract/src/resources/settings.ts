// resources/settings.ts: what the installation as a whole is set to.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import { IdempotencyHeader, closed } from '../scalars.ts';

const months = (of: string) =>
  Type.Integer({ minimum: 1, maximum: 1200, description: `Months for which ${of} are kept.` });

const RETENTION = {
  purchase: months('intents, metadata, line items, notes and comments of purchases'),
  configuration: months('names, addresses and reasons that no configuration uses any more'),
  change: months('the contents of changes that have been reviewed'),
};

const number = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description });

const fields = {
  change_control: Type.Enum(['single', 'four_eyes'], {
    description: '`four_eyes`: a change of the configuration waits for a second person.',
  }),
  require_idempotency_key: Type.Boolean({ description: 'Purchases and checks without a key are refused.' }),
  draft_valid_hours: Type.Integer({
    minimum: 1,
    maximum: 8760,
    description: 'Hours after which a draft that nobody has reviewed lapses.',
  }),
  emergency_review_hours: Type.Integer({
    minimum: 1,
    maximum: 720,
    description: 'Hours within which an emergency has to be reviewed.',
  }),
  exchange_methodology: Type.Enum(['daily_close', 'contract', 'budget_rate'], {
    description: 'Which published exchange rates convert foreign amounts; a valid contract rate goes first.',
  }),
  daily_close_max_age_days: number(0, 366, 'Days after its date for which a daily close is good.'),
  pending_approvals_max: number(
    0,
    1_000_000,
    'Requests of one agent that may wait for a human; 0: any number.',
  ),
  signatures_per_minute_max: number(
    0,
    10_000,
    'Signatures one person may give within a minute; 0: any number.',
  ),
  reminder_percent: number(
    0,
    99,
    'Per cent of an approval’s validity that passes in silence before a reminder; 0: none. Steps may say otherwise.',
  ),
  rubber_stamp_decisions_min: number(1, 10_000, 'Decisions below which nothing is said of rubber-stamping.'),
  rubber_stamp_median_seconds: number(0, 3600, 'Median seconds to decide below which it looks like it.'),
  rubber_stamp_unopened_percent: number(0, 100, 'Per cent decided unopened above which it looks like it.'),
  rubber_stamp_approve_percent: number(0, 100, 'Per cent approved from which either counts.'),
};

const Settings = Type.Object(
  { ...fields, retention_months: Type.Object(RETENTION, { title: 'RetentionMonths' }) },
  { title: 'Settings' },
);

const SettingsPatch = Type.Partial(
  Type.Object({ ...fields, retention_months: Type.Partial(Type.Object(RETENTION, closed)) }),
  { ...closed, title: 'SettingsPatch', minProperties: 1 },
);

export const settingOperations = {
  getSettings: operation({
    operationId: 'getSettings',
    method: 'GET',
    path: '/v1/settings',
    tag: 'Change control',
    summary: 'Read what the installation is set to',
    allow: ['operator', 'auditor'],
    status: 200,
    response: Settings,
  }),
  updateSettings: operation({
    operationId: 'updateSettings',
    method: 'PATCH',
    path: '/v1/settings',
    tag: 'Change control',
    summary: 'Change settings; what is left out stays as it is',
    description:
      '`four_eyes` needs two active operators who each hold a key. Going back to `single` is itself a change that a second person has to approve.',
    allow: ['operator'],
    change: 'always_reviewed',
    headers: IdempotencyHeader,
    body: SettingsPatch,
    bodyExample: { change_control: 'four_eyes' },
    status: 200,
    response: Settings,
  }),
};
