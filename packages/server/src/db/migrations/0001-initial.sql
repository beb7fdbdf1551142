-- 0001-initial.sql: the whole first schema. Few, wide rows; what a decision writes is what it costs.
-- Configuration tables change only under the exclusive configuration lock; the gate holds it shared.
-- Append-only tables refuse UPDATE, DELETE and TRUNCATE by grant and by trigger (end of file).

-- Configuration -------------------------------------------------------------------------------

CREATE TABLE configuration (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  version bigint NOT NULL DEFAULT 1,          -- raised by every configuration write; gateways cache by it
  change_control text NOT NULL DEFAULT 'single' CHECK (change_control IN ('single', 'four_eyes')),
  require_idempotency_key boolean NOT NULL DEFAULT false,
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
  name text NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE agent (
  agent_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  team text,
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

-- Ledger --------------------------------------------------------------------------------------

CREATE TYPE account AS ENUM ('external', 'available', 'pending', 'committed', 'spent', 'overrun');

-- A balance row: the sum of its transfers. available = limit - pending - committed - spent.
CREATE TABLE budget_period (
  period_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  budget_id text COLLATE "C" NOT NULL,        -- a budget, or a per-agent cap of a policy (`cap:<policy>:<rule>:<agent>`)
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
  settled_minor bigint NOT NULL DEFAULT 0,    -- posted, net of refunds
  approved_by text,                           -- 'policy' or the last signer
  last_entry_id bigint NOT NULL               -- log entry of the latest transition
) WITH (fillfactor = 85);
CREATE INDEX purchase_request_duplicate ON purchase_request (fingerprint, created_at);
CREATE INDEX purchase_request_agent ON purchase_request (agent_id, request_id);
CREATE INDEX purchase_request_external ON purchase_request (external_expires_at)
  WHERE external_expires_at IS NOT NULL AND status = 'approved' AND checkout_status = 'none';

CREATE TABLE approval (
  approval_id text COLLATE "C" PRIMARY KEY,
  request_id text COLLATE "C" NOT NULL UNIQUE,
  status text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'expired', 'cancelled')),
  terms_hash bytea NOT NULL,                  -- SHA-256 of the canonical terms, free text included
  steps json NOT NULL,                        -- ordered: [{step_key, reason_code, message, approvers?, signed?}]
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  last_entry_id bigint NOT NULL
);
CREATE INDEX approval_pending ON approval (expires_at) WHERE status = 'pending';

CREATE TABLE approval_signature (
  approval_id text COLLATE "C" NOT NULL,
  step_index smallint NOT NULL,
  principal_id text NOT NULL,
  authorization_reference text NOT NULL,
  terms_hash bytea NOT NULL,
  signed_at timestamptz NOT NULL,
  entry_id bigint NOT NULL,
  PRIMARY KEY (approval_id, step_index),
  UNIQUE (approval_id, principal_id)          -- one person, one step
);

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

-- Append only ---------------------------------------------------------------------------------

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: the table is append only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['policy_version', 'transfer', 'approval_signature', 'receipt', 'policy_check',
    'idempotency_key', 'log_entry', 'log_promise', 'log_leaf', 'log_tile_hash', 'log_checkpoint'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['purchase_request', 'approval', 'card', 'card_authorization', 'budget_period', 'budget',
    'agent', 'principal', 'api_key', 'legal_entity', 'cost_center', 'configuration', 'log_head', 'note'] LOOP
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
    GRANT UPDATE ON configuration, legal_entity, cost_center, agent, principal, api_key, budget, webhook_endpoint,
      budget_period, approval, card, card_authorization, log_head, webhook_delivery TO countersign_gateway;
    GRANT UPDATE (private_text, status, checkout_status, reserved_periods, reserved_minor, settled_minor, approved_by,
      external_expires_at, last_entry_id) ON purchase_request TO countersign_gateway;
    GRANT UPDATE (body) ON note TO countersign_gateway;
    GRANT DELETE ON log_pending TO countersign_gateway;
    REVOKE INSERT, UPDATE ON schema_migration FROM countersign_gateway;
  END IF;
END $$;
