-- 0001-initial.sql: the whole first schema. Few, wide rows; what a decision writes is what it costs.
-- Configuration tables change only under the exclusive configuration lock; the gate holds it shared.
-- Append-only tables refuse UPDATE, DELETE and TRUNCATE by grant and by trigger (end of file).

-- Configuration -------------------------------------------------------------------------------

CREATE TABLE configuration (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  version bigint NOT NULL DEFAULT 1,          -- raised by every configuration write; gateways cache by it
  change_control text NOT NULL DEFAULT 'single' CHECK (change_control IN ('single', 'four_eyes')),
  require_idempotency_key boolean NOT NULL DEFAULT false,
  settings json NOT NULL DEFAULT '{}',        -- what else is set, by its name on the wire; what is absent has its default
  installation_id text NOT NULL,              -- part of the log's origin
  created_at timestamptz NOT NULL
);

CREATE TABLE legal_entity (
  entity_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  country text,                               -- ISO 3166-1 alpha-2; the jurisdiction of what it buys
  tax_id text,
  base_currency text NOT NULL,
  time_zone text NOT NULL,
  is_default boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX legal_entity_one_default ON legal_entity (is_default) WHERE is_default;

CREATE TABLE cost_center (
  cost_center_id text COLLATE "C" PRIMARY KEY,
  entity_id text COLLATE "C" NOT NULL REFERENCES legal_entity,
  parent_id text COLLATE "C" REFERENCES cost_center,  -- the department it is part of; never a cycle
  name text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX cost_center_parent ON cost_center (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE agent (
  agent_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  team text,
  role text,                                  -- rows of the authority matrix may be for a role
  owner text,                                 -- a principal's id or e-mail; may not sign this agent's requests
  entity_id text COLLATE "C" REFERENCES legal_entity,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  bindings json NOT NULL DEFAULT '{}',        -- {policies?, cost_centers?, projects?, default_policy?, default_cost_center?, default_project?}
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL                    -- log entry of the latest change
);

CREATE TABLE principal (
  principal_id text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL DEFAULT 'human' CHECK (kind IN ('human', 'service')),
  roles text[] NOT NULL,                      -- operator, approver, budget_owner, auditor
  name text NOT NULL,
  email text,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL
);

CREATE UNIQUE INDEX principal_one_email ON principal (lower(email));  -- one person, one principal

CREATE TABLE api_key (
  key_id text COLLATE "C" PRIMARY KEY,
  key_hash bytea NOT NULL UNIQUE,             -- SHA-256 of the whole key; at least 128 random bits, so no stretching
  hint text NOT NULL,                         -- first and last characters, for people to tell keys apart
  agent_id text COLLATE "C" REFERENCES agent,
  principal_id text COLLATE "C" REFERENCES principal,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,                     -- set on the old key by a rotation with an overlap
  revoked_at timestamptz,
  entry_id bigint NOT NULL,
  CHECK ((agent_id IS NULL) <> (principal_id IS NULL))
);

CREATE TABLE policy_version (
  policy_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  document json NOT NULL,                     -- the body as accepted
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  entry_id bigint NOT NULL,
  PRIMARY KEY (policy_id, version)
);

CREATE TABLE budget (
  budget_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  scope json NOT NULL,                        -- [{type, id}], ANDed
  period text NOT NULL CHECK (period IN ('day', 'week', 'month', 'quarter', 'year', 'lifetime', 'fixed')),
  starts_at timestamptz,                      -- fixed range only
  ends_at timestamptz,
  currency text NOT NULL,
  limit_minor bigint NOT NULL CHECK (limit_minor >= 0),
  time_zone text NOT NULL,
  owner text,
  carry_over json,                            -- NULL: nothing; else {kind: unused | up_to_amount | up_to_percent, ...}
  allocation json,                            -- NULL: its own limit; else {freshness_seconds}: what snapshots of another system say
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed')),
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL
);

CREATE TABLE webhook_endpoint (
  endpoint_id text COLLATE "C" PRIMARY KEY,
  url text NOT NULL,
  events text[],                              -- NULL: all
  secret text NOT NULL,                       -- whsec_...; signs, so it is kept as it is
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  disabled_reason text,
  next_leaf bigint NOT NULL,                  -- first log leaf not yet turned into deliveries
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL
);

-- Names, e-mail addresses, reasons: the log holds a salted commitment to each, this is the text. Erasable.
CREATE TABLE configuration_text (
  entry_id bigint NOT NULL,
  field text NOT NULL,                        -- with the kind of its subject: agent.name, principal.email
  subject_id text COLLATE "C" NOT NULL,
  text text NOT NULL,
  salt bytea NOT NULL,
  PRIMARY KEY (entry_id, field)
);
CREATE INDEX configuration_text_subject ON configuration_text (subject_id, field, entry_id DESC);

-- The delegation-of-authority matrix: of the versions whose date has come, the one with the latest date is in force.
CREATE TABLE authority_matrix_version (
  version integer PRIMARY KEY,
  effective_from timestamptz NOT NULL,
  document json NOT NULL,                     -- the body as accepted
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  entry_id bigint NOT NULL
);

-- Ledger --------------------------------------------------------------------------------------

CREATE TYPE account AS ENUM ('external', 'available', 'pending', 'committed', 'spent', 'overrun');

-- A balance row: the sum of its transfers. available = limit - pending - committed - spent.
CREATE TABLE budget_period (
  period_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  budget_id text COLLATE "C" NOT NULL,        -- a budget, a per-agent cap of a policy (`cap:<policy>:<rule>:<agent>`), or a ceiling (`tender:<id>`, ...)
  starts_at timestamptz NOT NULL,
  ends_at timestamptz,                        -- NULL: never
  currency text NOT NULL,
  limit_minor bigint NOT NULL CHECK (limit_minor >= 0),
  pending_minor bigint NOT NULL DEFAULT 0 CHECK (pending_minor >= 0),
  committed_minor bigint NOT NULL DEFAULT 0 CHECK (committed_minor >= 0),
  spent_minor bigint NOT NULL DEFAULT 0,      -- may be negative after a refund of another period's purchase
  overrun_minor bigint NOT NULL DEFAULT 0 CHECK (overrun_minor >= 0),
  UNIQUE (budget_id, starts_at),
  CONSTRAINT within_limit CHECK (pending_minor + committed_minor + spent_minor <= limit_minor + overrun_minor)
) WITH (fillfactor = 50);

CREATE TABLE transfer (
  entry_id bigint NOT NULL,
  line smallint NOT NULL,
  period_id bigint NOT NULL,
  from_account account NOT NULL,
  to_account account NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  PRIMARY KEY (entry_id, line)
);

-- Purchases -----------------------------------------------------------------------------------

CREATE TYPE purchase_status AS ENUM ('approved', 'held', 'denied', 'cancelled', 'expired');
CREATE TYPE checkout_status AS ENUM
  ('none', 'issuing', 'issued', 'charged', 'settled', 'reconciled', 'failed', 'reversed', 'disputed');

CREATE TABLE purchase_request (
  request_id text COLLATE "C" PRIMARY KEY,
  agent_id text COLLATE "C" NOT NULL,
  fingerprint bigint NOT NULL,                -- 64 bits of a SHA-256 over agent, action, counterparty, amount, currency
  vendor text NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  private_text json,                          -- free text and its salt; erasable, the log keeps the commitment
  created_at timestamptz NOT NULL,
  external_expires_at timestamptz,            -- paid outside: when the leave to pay runs out
  decision_entry_id bigint NOT NULL,          -- log entry of the first decision: its body holds the terms
  -- state: the fold of this request's log entries
  status purchase_status NOT NULL,
  checkout_status checkout_status NOT NULL,
  reserved_periods bigint[] NOT NULL,         -- budget periods that carry its reservation or posting
  reserved_minor bigint NOT NULL,             -- still set aside in each: pending while held, committed when approved
  period_rates json,                          -- frozen exchange rates of periods in another currency; NULL: none
  settled_minor bigint NOT NULL DEFAULT 0,    -- posted, net of refunds
  approved_by text,                           -- 'policy' or the last signer
  last_entry_id bigint NOT NULL               -- log entry of the latest transition
) WITH (fillfactor = 85);
CREATE INDEX purchase_request_duplicate ON purchase_request (fingerprint, created_at);
CREATE INDEX purchase_request_agent ON purchase_request (agent_id, request_id);
CREATE INDEX purchase_request_external ON purchase_request (external_expires_at)
  WHERE external_expires_at IS NOT NULL AND status = 'approved' AND checkout_status = 'none';
CREATE INDEX purchase_request_held ON purchase_request (agent_id) WHERE status = 'held';  -- how many wait for a human

CREATE TABLE approval (
  approval_id text COLLATE "C" PRIMARY KEY,
  request_id text COLLATE "C" NOT NULL UNIQUE,
  status text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'expired', 'cancelled')),
  terms_hash bytea NOT NULL,                  -- SHA-256 of the canonical terms, free text included
  steps json NOT NULL,                        -- core's ApprovalStep: who may sign, in which order, the signatures
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  next_due_at timestamptz,                    -- next reminder or escalation; NULL: none
  last_entry_id bigint NOT NULL
);
CREATE INDEX approval_pending ON approval (expires_at) WHERE status = 'pending';
CREATE INDEX approval_due ON approval (next_due_at) WHERE status = 'pending' AND next_due_at IS NOT NULL;

CREATE TABLE approval_signature (
  approval_id text COLLATE "C" NOT NULL,
  step_index smallint NOT NULL,
  principal_id text COLLATE "C" NOT NULL,
  on_behalf_of text COLLATE "C",              -- whose authority was used, by delegation; NULL: the signer's own
  authority_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce(on_behalf_of, principal_id)) STORED,
  authorization_reference text NOT NULL,
  terms_hash bytea NOT NULL,
  viewed_seconds float8,                      -- from the first look to the signature; NULL: never opened
  signed_at timestamptz NOT NULL,
  entry_id bigint NOT NULL,
  PRIMARY KEY (approval_id, principal_id),    -- one person, one step
  UNIQUE (approval_id, authority_id)          -- and not through a delegate besides
);
CREATE INDEX approval_signature_pace ON approval_signature (principal_id, signed_at);

CREATE TYPE card_status AS ENUM ('active', 'frozen', 'used', 'cancelled', 'expired');

-- One card per request at most: the id is the request's with another prefix, so the primary key says so.
CREATE TABLE card (
  card_id text COLLATE "C" PRIMARY KEY,
  rail text NOT NULL,
  provider text NOT NULL,                     -- the rail adapter that issued it
  status card_status NOT NULL,
  last4 text NOT NULL,
  expires_at timestamptz NOT NULL,
  entry_id bigint NOT NULL,                   -- log entry that issued it
  last_entry_id bigint NOT NULL
);
CREATE INDEX card_expiry ON card (expires_at) WHERE status IN ('active', 'frozen', 'used');

CREATE TABLE card_authorization (
  authorization_id text COLLATE "C" PRIMARY KEY,
  card_id text COLLATE "C" NOT NULL,
  approved boolean NOT NULL,
  reason text NOT NULL,                       -- 'approved' or the decline's reason code
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  merchant_amount json,                       -- what the merchant asked for in another currency, and the rate; null: the same
  merchant json NOT NULL,
  forced boolean NOT NULL DEFAULT false,      -- a clearing that had no authorization
  captured_minor bigint NOT NULL DEFAULT 0,
  reversed_minor bigint NOT NULL DEFAULT 0,
  refunded_minor bigint NOT NULL DEFAULT 0,
  closed boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL,
  last_entry_id bigint NOT NULL
);
CREATE INDEX card_authorization_card ON card_authorization (card_id);

CREATE TABLE receipt (
  receipt_id text COLLATE "C" PRIMARY KEY,
  request_id text COLLATE "C" NOT NULL,
  document json NOT NULL,
  flags text[] NOT NULL,                      -- empty: it matches
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL
);
CREATE INDEX receipt_request ON receipt (request_id);

-- Free text that came with a transition (why it was rejected or cancelled): erasable, the log keeps the commitment.
CREATE TABLE note (
  entry_id bigint PRIMARY KEY,
  request_id text COLLATE "C" NOT NULL,
  body text,
  salt bytea NOT NULL
);
CREATE INDEX note_request ON note (request_id);

-- Purchases near each other, by calendar day (UTC): from one supplier or supplier group by one legal entity, for one project
-- or one cost centre. What a threshold sees of them costs the same however many there are.
CREATE TABLE related_day (
  group_key uuid NOT NULL,                    -- 128 bits of SHA-256 of what makes the group
  day integer NOT NULL,                       -- days since 1970-01-01
  purchases json NOT NULL,                    -- {t: totals by currency, p: the largest parts, r: attempts denied or cancelled}
  last_entry_id bigint NOT NULL,              -- log entry of the latest change
  PRIMARY KEY (group_key, day)
) WITH (fillfactor = 70);

-- The latest purchase of a group that was stopped for its sum: its uncharged siblings wait for a human.
CREATE TABLE related_stop (
  group_key uuid PRIMARY KEY,
  request_id text COLLATE "C" NOT NULL,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  sibling_ids text[] NOT NULL,
  is_followed boolean NOT NULL DEFAULT false, -- its siblings have been decided again
  entry_id bigint NOT NULL
);
CREATE INDEX related_stop_due ON related_stop (entry_id) WHERE NOT is_followed;

-- A policy asked about something that is not a purchase: refunds, credits, discounts, expense claims.
CREATE TABLE policy_check (
  check_id text COLLATE "C" PRIMARY KEY,
  agent_id text COLLATE "C" NOT NULL,
  fingerprint bigint NOT NULL,
  action_type text NOT NULL,
  counterparty text NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  decision text NOT NULL CHECK (decision IN ('allow', 'block', 'escalate')),
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL
);
CREATE INDEX policy_check_duplicate ON policy_check (fingerprint, created_at);

CREATE TABLE idempotency_key (
  key_hash uuid PRIMARY KEY,                  -- 128 bits of SHA-256 of caller, operation and key
  body_hash bytea NOT NULL,                   -- SHA-256 of the canonical body: another body is refused
  resource_id text COLLATE "C" NOT NULL,      -- the answer is rebuilt from the resource's first log entry
  response json,                              -- control plane only: the stored answer, without secrets
  created_at timestamptz NOT NULL
);

-- Record --------------------------------------------------------------------------------------

CREATE SEQUENCE log_entry_id AS bigint;

CREATE TABLE log_entry (
  entry_id bigint PRIMARY KEY,
  type_code integer NOT NULL,                 -- first 32 bits of SHA-256 of the event type: finds events without reading bodies
  subject_id text COLLATE "C" NOT NULL,       -- the request, card, check or configuration object it is about
  body bytea NOT NULL CHECK (length(body) <= 65535)  -- canonical JSON, the leaf's exact bytes
);
-- Bodies stay in the row, whole: out-of-line storage would be another row and index entry for every decision.
ALTER TABLE log_entry ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE log_entry SET (toast_tuple_target = 8160);
CREATE INDEX log_entry_subject ON log_entry (subject_id, entry_id);
-- Entries whose decision may have a finding that did not pass: purchase.held, purchase.denied, authorization.declined,
-- check.escalated, check.blocked, in this order. An approval never does, and pays nothing for this index.
CREATE INDEX log_entry_violation ON log_entry (entry_id)
  WHERE type_code IN (1030288028, -894275706, -986088549, -405955559, 430840407);

-- One row per transaction: what the sequencer has not yet put into the tree.
CREATE TABLE log_pending (
  first_entry_id bigint PRIMARY KEY,
  entry_ids bigint[] NOT NULL,
  type_codes bytea NOT NULL,                  -- 4 bytes each, same order: looking each up again costs the sequencer more
  leaf_hashes bytea NOT NULL                  -- 32 bytes each, same order
);

-- One row per transaction: the signed promise of inclusion, chained per gateway.
CREATE TABLE log_promise (
  first_entry_id bigint PRIMARY KEY,
  gateway_id text NOT NULL,
  sequence bigint NOT NULL,
  entry_ids bigint[] NOT NULL,
  promise json NOT NULL,
  UNIQUE (gateway_id, sequence)
);

CREATE TABLE log_head (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  size bigint NOT NULL DEFAULT 0,
  frontier bytea NOT NULL DEFAULT ''          -- hashes of the complete subtrees on the right edge, widest first
);
INSERT INTO log_head DEFAULT VALUES;

CREATE TABLE log_leaf (
  leaf_index bigint PRIMARY KEY,
  entry_id bigint NOT NULL UNIQUE,
  type_code integer NOT NULL,                 -- that of its entry
  leaf_hash bytea NOT NULL
);

-- The hash of each complete subtree of 256^level leaves: an entry of a tile of that level.
CREATE TABLE log_tile_hash (
  level smallint NOT NULL,                    -- 1 and above; level 0 is log_leaf
  hash_index bigint NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (level, hash_index)
);

CREATE TABLE log_checkpoint (
  size bigint PRIMARY KEY,
  note text NOT NULL,                         -- the signed note
  created_at timestamptz NOT NULL
);

-- Deliveries ----------------------------------------------------------------------------------

CREATE TABLE webhook_delivery (
  delivery_id text COLLATE "C" PRIMARY KEY,   -- the webhook-id: the same on every attempt
  endpoint_id text COLLATE "C" NOT NULL REFERENCES webhook_endpoint,
  leaf_index bigint NOT NULL,
  event_type text NOT NULL,
  subject_id text COLLATE "C" NOT NULL,       -- deliveries of one subject go out in order
  status text NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,                -- NULL while an earlier delivery of the same subject is pending
  last_status_code integer,
  last_error text,
  created_at timestamptz NOT NULL,
  delivered_at timestamptz
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_attempt_at)
  WHERE status = 'pending' AND next_attempt_at IS NOT NULL;
CREATE INDEX webhook_delivery_order ON webhook_delivery (endpoint_id, subject_id, leaf_index) WHERE status = 'pending';
CREATE INDEX webhook_delivery_log ON webhook_delivery (endpoint_id, delivery_id);

-- Signals: alerts, and what the jobs that watch have counted --------------------------------------

-- Something a person should look at. Raised once, however many gateways see it: the dedupe key says what "it" is.
CREATE TABLE alert (
  alert_id text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL,                         -- dotted: velocity.frequency, budget.usage
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  subject_type text NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  message text NOT NULL,
  evidence json NOT NULL,                     -- the numbers seen
  dedupe_key text COLLATE "C" NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  acknowledged_at timestamptz,
  acknowledged_by text,
  entry_id bigint NOT NULL,                   -- log entry that raised it
  last_entry_id bigint NOT NULL
);
CREATE INDEX alert_subject ON alert (subject_type, subject_id, alert_id);

-- How far a job that follows the log has come.
CREATE TABLE signal_progress (
  name text PRIMARY KEY,
  next_leaf bigint NOT NULL DEFAULT 0
);
INSERT INTO signal_progress (name) VALUES ('velocity'), ('budget_days'), ('settlements');

CREATE TABLE velocity_settings (
  version integer PRIMARY KEY,                -- the newest is in force
  document json NOT NULL,                     -- as accepted
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  entry_id bigint NOT NULL
);

-- Whose next requests are held, because an alert said so: configuration that decisions read.
CREATE TABLE velocity_review (
  review_id text COLLATE "C" PRIMARY KEY,
  alert_id text COLLATE "C" NOT NULL UNIQUE REFERENCES alert,
  subject_type text NOT NULL CHECK (subject_type IN ('agent', 'team', 'supplier')),
  subject_id text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  lifted_at timestamptz,
  lifted_by text,
  entry_id bigint NOT NULL                    -- log entry of the latest change
);
CREATE UNIQUE INDEX velocity_review_one_open ON velocity_review (subject_type, subject_id) WHERE lifted_at IS NULL;

-- Requests of one subject in one hour: counted from the log by a job, never by the gate.
CREATE TABLE velocity_bucket (
  subject_type text NOT NULL,                 -- agent, team, supplier, organisation
  subject_id text COLLATE "C" NOT NULL,
  currency text NOT NULL,
  hour_at timestamptz NOT NULL,
  request_count integer NOT NULL,             -- approved, held and denied
  denied_count integer NOT NULL,
  out_of_hours_count integer NOT NULL,        -- by the hours configured when it was counted
  sum_minor numeric NOT NULL,                 -- of what was not denied
  is_assessed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (subject_type, subject_id, currency, hour_at)
) WITH (fillfactor = 85);
CREATE INDEX velocity_bucket_due ON velocity_bucket (hour_at) WHERE NOT is_assessed;

-- Requests just below and just above an amount, a day and subject: a threshold in force, or a placebo beside it.
CREATE TABLE velocity_edge_day (
  subject_type text NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  currency text NOT NULL,
  edge_minor bigint NOT NULL,
  day date NOT NULL,                          -- UTC
  wide_below integer NOT NULL,                -- within 5 %
  wide_above integer NOT NULL,
  near_below integer NOT NULL,                -- within 2 %
  near_above integer NOT NULL,
  PRIMARY KEY (subject_type, subject_id, currency, edge_minor, day)
) WITH (fillfactor = 85);

-- What a budget was used by on one day of its own time zone: sums of transfers, added up by a job from the log.
CREATE TABLE budget_day (
  budget_id text COLLATE "C" NOT NULL,
  day date NOT NULL,
  used_minor bigint NOT NULL,                 -- net out of `available`: pending, committed and spent alike
  spent_minor bigint NOT NULL,                -- net into `spent`
  PRIMARY KEY (budget_id, day)
) WITH (fillfactor = 85);

-- Change control and retention ----------------------------------------------------------------

-- A change that waits for a second person, or that was made in an emergency and waits for the review afterwards.
CREATE TABLE configuration_change (
  change_id text COLLATE "C" PRIMARY KEY,
  operation text NOT NULL,                    -- operation of the API; sent again when it is approved
  subject_id text COLLATE "C" NOT NULL,       -- what it changes first
  status text NOT NULL CHECK (status IN ('pending_review', 'approved', 'rejected', 'withdrawn', 'expired',
    'unreviewed_emergency', 'confirmed', 'disputed', 'rolled_back')),
  author_id text COLLATE "C" NOT NULL REFERENCES principal,
  author_key_id text NOT NULL,
  reviewer_id text COLLATE "C" REFERENCES principal,
  input json,                                 -- {params, query, body, content_type} as it was sent; NULL: erased
  records json,                               -- what the change does, subject by subject, before and after; NULL: erased
  salt bytea,                                 -- of the commitment to input and records; NULL: erased
  emergency_reason text,
  review_reason text,
  created_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,                -- a draft expires then; an emergency has to be reviewed by then
  overdue_at timestamptz,                     -- when it was seen that an emergency was not
  reviewed_at timestamptz,
  entry_id bigint NOT NULL,
  CHECK (reviewer_id <> author_id)
);
CREATE INDEX configuration_change_due ON configuration_change (due_at)
  WHERE status IN ('pending_review', 'unreviewed_emergency');

-- What must be kept while it stands: its text is neither erased on request nor by time.
CREATE TABLE legal_hold (
  hold_id text COLLATE "C" PRIMARY KEY,
  scope json NOT NULL,                        -- {everything: true} or ANDed {agent_ids?, request_ids?, subject_ids?, vendors?, from?, until?}
  reason text,                                -- NULL: erased
  status text NOT NULL CHECK (status IN ('active', 'released')),
  created_by text COLLATE "C" NOT NULL,
  released_by text COLLATE "C",
  created_at timestamptz NOT NULL,
  released_at timestamptz,
  entry_id bigint NOT NULL,
  CHECK (released_by <> created_by)
);

-- Approvers -----------------------------------------------------------------------------------

-- Whose signature another may give, between two instants. Lapses by itself; a delegate cannot pass it on.
CREATE TABLE approver_delegation (
  delegation_id text COLLATE "C" PRIMARY KEY,
  principal_id text COLLATE "C" NOT NULL REFERENCES principal,
  delegate_id text COLLATE "C" NOT NULL REFERENCES principal,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  reason text,
  revoked_at timestamptz,
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL,
  CHECK (starts_at < ends_at AND principal_id <> delegate_id)
);
CREATE INDEX approver_delegation_principal ON approver_delegation (principal_id, delegation_id);

-- The first look of each person who may sign: evidence of how long it was looked at, needed for nothing else.
CREATE TABLE approval_view (
  approval_id text COLLATE "C" NOT NULL,
  principal_id text COLLATE "C" NOT NULL,
  viewed_at timestamptz NOT NULL,
  PRIMARY KEY (approval_id, principal_id)
);

CREATE TABLE approval_rejection (
  approval_id text COLLATE "C" PRIMARY KEY,
  step_index smallint NOT NULL,
  principal_id text COLLATE "C" NOT NULL,
  on_behalf_of text COLLATE "C",
  viewed_seconds float8,
  rejected_at timestamptz NOT NULL,
  entry_id bigint NOT NULL
);
CREATE INDEX approval_rejection_principal ON approval_rejection (principal_id, rejected_at);

-- Budgets: programmes, transfers between budgets, allocations kept elsewhere ---------------------

-- Which programme a project is part of. A project that is not listed belongs to none.
CREATE TABLE project (
  project_id text COLLATE "C" PRIMARY KEY,
  programme_id text COLLATE "C",
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL
);
CREATE INDEX project_programme ON project (programme_id) WHERE programme_id IS NOT NULL;

-- Room that moved from one budget period to another: by somebody, or carried over from the period before.
CREATE TABLE budget_transfer (
  transfer_id text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('transfer', 'carry_over')),
  from_budget_id text COLLATE "C" NOT NULL,
  to_budget_id text COLLATE "C" NOT NULL,
  from_period_id bigint NOT NULL,
  to_period_id bigint NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL,
  CHECK (from_period_id <> to_period_id)
);
CREATE INDEX budget_transfer_from ON budget_transfer (from_period_id);
CREATE INDEX budget_transfer_to ON budget_transfer (to_period_id);
CREATE UNIQUE INDEX budget_transfer_carried_once ON budget_transfer (to_period_id) WHERE kind = 'carry_over';

-- What another system said of a budget at a moment. The newest of its period decides, under the period's lock.
CREATE TABLE budget_snapshot (
  snapshot_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  budget_id text COLLATE "C" NOT NULL REFERENCES budget,
  period_starts_at timestamptz,               -- of the budget period that as_of lies in; NULL: in none
  source text NOT NULL,
  currency text NOT NULL,
  allocated_minor bigint NOT NULL,            -- in minor units of the snapshot's own currency
  committed_elsewhere_minor bigint NOT NULL,
  actual_elsewhere_minor bigint NOT NULL,
  as_of timestamptz NOT NULL,
  contradictions text[] NOT NULL,             -- empty: it can be relied on
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL
);
CREATE INDEX budget_snapshot_newest ON budget_snapshot (budget_id, snapshot_id DESC);

-- Suppliers -----------------------------------------------------------------------------------

-- The registry of suppliers: the newest version of each is in force. Entry ids rise with every change, under the
-- configuration lock, so that a gateway loads what changed since the newest one it knows.
CREATE TABLE supplier_version (
  supplier_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  document json NOT NULL,                     -- as accepted, identifiers in their normal form
  salt bytea NOT NULL,                        -- of the log's commitment to the document
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  entry_id bigint NOT NULL UNIQUE,
  PRIMARY KEY (supplier_id, version)
);

-- Exchange rates and jurisdictions -------------------------------------------------------------

-- Units of `quote` for one unit of `base`. A correction is a further revision; the last one published of a date applies.
CREATE TABLE exchange_rate (
  rate_id text COLLATE "C" PRIMARY KEY,
  base text COLLATE "C" NOT NULL,
  quote text COLLATE "C" NOT NULL CHECK (quote <> base),
  rate text NOT NULL,                         -- exact decimal, above zero
  rate_date date NOT NULL,                    -- fixed on this day, UTC
  source text NOT NULL,
  methodology text COLLATE "C" NOT NULL CHECK (methodology IN ('daily_close', 'contract', 'budget_rate')),
  supplier text COLLATE "C" NOT NULL DEFAULT '',  -- contract rates: of this supplier alone
  valid_from date,                            -- contract and budget rates: first and last day, UTC
  valid_until date CHECK (valid_until >= valid_from),
  revision integer NOT NULL,
  published_by text NOT NULL,
  created_at timestamptz NOT NULL,
  entry_id bigint NOT NULL,
  line integer NOT NULL,                      -- place among the rates of its entry
  CHECK ((methodology = 'daily_close') = (valid_until IS NULL)),
  UNIQUE (methodology, base, quote, supplier, rate_date, source, revision)
);
CREATE INDEX exchange_rate_newest ON exchange_rate
  (methodology, base, quote, supplier, rate_date DESC, entry_id DESC, line DESC);
CREATE UNIQUE INDEX exchange_rate_published ON exchange_rate (entry_id DESC, line DESC);

CREATE TABLE jurisdiction_version (
  version integer PRIMARY KEY,                -- the newest is in force
  document json NOT NULL,                     -- {regions: [{id, members}]} as accepted
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  entry_id bigint NOT NULL
);

-- Sourcing --------------------------------------------------------------------------------------

-- Sourcing policies, tenders and framework agreements: each version for good, the newest is in force.
CREATE TABLE sourcing_version (
  kind text NOT NULL CHECK (kind IN ('policy', 'tender', 'framework')),
  record_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  document json NOT NULL,                     -- the body as accepted
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  entry_id bigint NOT NULL,
  PRIMARY KEY (kind, record_id, version)
);

-- Exceptions from tender thresholds. What one asks for never changes; it lapses by itself at its `valid_until`.
CREATE TABLE sourcing_waiver (
  waiver_id text COLLATE "C" PRIMARY KEY,
  document json NOT NULL,                     -- the body as accepted
  status text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'revoked')),
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  decided_at timestamptz,
  decided_by text,                            -- never who created it
  revoked_at timestamptz,
  revoked_by text,
  entry_id bigint NOT NULL,                   -- log entry of the latest change
  CHECK (decided_by <> created_by)
);

-- Append only ---------------------------------------------------------------------------------

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: the table is append only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['exchange_rate', 'jurisdiction_version', 'supplier_version', 'budget_transfer', 'budget_snapshot', 'policy_version', 'sourcing_version', 'authority_matrix_version', 'velocity_settings', 'transfer', 'approval_signature', 'approval_view',
    'approval_rejection', 'receipt', 'policy_check',
    'log_entry', 'log_promise', 'log_leaf', 'log_tile_hash', 'log_checkpoint'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['project', 'sourcing_waiver', 'purchase_request', 'approval', 'approver_delegation', 'card', 'card_authorization', 'budget_period', 'budget',
    'agent', 'principal', 'api_key', 'legal_entity', 'cost_center', 'configuration', 'log_head', 'note', 'related_day', 'related_stop',
    'configuration_change', 'legal_hold', 'idempotency_key', 'alert', 'velocity_review', 'velocity_bucket', 'velocity_edge_day', 'budget_day'] LOOP
    EXECUTE format('CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON %I
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
  END LOOP;
END $$;

-- The runtime role: what the gateway may do, and no more.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_gateway') THEN
    IF (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
      CREATE ROLE countersign_gateway NOLOGIN;
      -- an owner that is no superuser may otherwise not take on a role it made
      EXECUTE format('GRANT countersign_gateway TO %I', current_user);
    END IF;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_gateway') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO countersign_gateway', current_schema());
    EXECUTE format('GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA %I TO countersign_gateway', current_schema());
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO countersign_gateway', current_schema());
    GRANT UPDATE ON related_day, related_stop TO countersign_gateway;
    GRANT UPDATE ON configuration, legal_entity, cost_center, project, agent, principal, api_key, budget, webhook_endpoint,
      budget_period, approval, approver_delegation, card, card_authorization, log_head, webhook_delivery TO countersign_gateway;
    GRANT UPDATE (private_text, status, checkout_status, reserved_periods, reserved_minor, period_rates, settled_minor, approved_by,
      external_expires_at, last_entry_id) ON purchase_request TO countersign_gateway;
    GRANT UPDATE (body, salt) ON note TO countersign_gateway;
    GRANT UPDATE (response) ON idempotency_key TO countersign_gateway;  -- forgetting an old answer
    GRANT UPDATE ON configuration_change, legal_hold TO countersign_gateway;
    GRANT DELETE ON configuration_text TO countersign_gateway;  -- erasing a text
    GRANT UPDATE (acknowledged_at, acknowledged_by, last_entry_id) ON alert TO countersign_gateway;
    GRANT UPDATE ON signal_progress, velocity_review, velocity_bucket, velocity_edge_day, budget_day TO countersign_gateway;
    GRANT UPDATE (status, decided_at, decided_by, revoked_at, revoked_by, entry_id) ON sourcing_waiver TO countersign_gateway;
    GRANT DELETE ON log_pending TO countersign_gateway;
    REVOKE INSERT, UPDATE ON schema_migration FROM countersign_gateway;
  END IF;
END $$;
