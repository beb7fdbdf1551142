-- bench/baselines/one-statement.sql: the one-statement form: lock, check and every insert of one decision in one
-- statement, committed by itself. Locks no duplicate key, so two equal purchases at once would both pass: it does less.
WITH claimed AS (
  INSERT INTO idempotency_key (key_hash, body_hash, resource_id, created_at)
  VALUES ($14::uuid, $15, $16, $8::timestamptz) ON CONFLICT DO NOTHING
  RETURNING resource_id
), locked AS MATERIALIZED (
  SELECT limit_minor - pending_minor - committed_minor - spent_minor AS room
  FROM budget_period WHERE period_id = ANY ($17::int8[]) ORDER BY period_id FOR NO KEY UPDATE
), allowed AS MATERIALIZED (
  SELECT nextval('log_entry_id') AS entry_id
  FROM (SELECT count(*) FILTER (WHERE room >= $6::int8) AS fitting FROM locked) AS checked
  WHERE fitting = cardinality($17::int8[])
    AND EXISTS (SELECT FROM claimed)
    AND NOT EXISTS (
      SELECT FROM purchase_request WHERE fingerprint = $3::int8 AND status IN ('approved', 'held')
        AND created_at > $8::timestamptz - interval '60 minutes')
), request AS (
  INSERT INTO purchase_request (request_id, agent_id, fingerprint, vendor, currency, amount_minor, private_text,
    created_at, status, checkout_status, reserved_periods, reserved_minor, approved_by, decision_entry_id, last_entry_id)
  SELECT $1, $2, $3::int8, $4, $5, $6::int8, $7::json, $8::timestamptz, $9::purchase_status, $10::checkout_status,
    $11::int8[], $12::int8, $13, entry_id, entry_id
  FROM allowed
), issued AS (
  INSERT INTO card (card_id, rail, provider, status, last4, expires_at, entry_id, last_entry_id)
  SELECT $18, $19, $20, $21::card_status, $22, $23::timestamptz, entry_id, entry_id
  FROM allowed WHERE $18::text IS NOT NULL
), asked AS (
  INSERT INTO approval (approval_id, request_id, status, terms_hash, steps, created_at, expires_at, next_due_at,
    last_entry_id)
  SELECT $24, $25, $26, $27::bytea, $28::json, $29::timestamptz, $30::timestamptz,
    $29::timestamptz + ($30::timestamptz - $29::timestamptz) / 2, entry_id
  FROM allowed WHERE $24::text IS NOT NULL
), moved AS (
  INSERT INTO transfer (entry_id, line, period_id, from_account, to_account, amount_minor)
  SELECT entry_id, line - 1, period_id, from_account, to_account, amount_minor
  FROM allowed, unnest($31::int8[], $32::account[], $33::account[], $34::int8[]) WITH ORDINALITY
    AS new (period_id, from_account, to_account, amount_minor, line)
), balanced AS (
  UPDATE budget_period SET pending_minor = pending_minor + $35::int8, committed_minor = committed_minor + $36::int8
  FROM allowed WHERE period_id = ANY ($31::int8[])
), recorded AS (
  INSERT INTO log_entry (entry_id, type_code, subject_id, body) SELECT entry_id, $43::int4, $1, $37::bytea FROM allowed
), pending AS (
  INSERT INTO log_pending (first_entry_id, entry_ids, type_codes, leaf_hashes)
  SELECT entry_id, ARRAY[entry_id], $38::bytea, $39::bytea FROM allowed
), promised AS (
  INSERT INTO log_promise (first_entry_id, gateway_id, sequence, entry_ids, promise)
  SELECT entry_id, $40, $41::int8, ARRAY[entry_id], $42::json FROM allowed
)
SELECT entry_id FROM allowed
