#!/usr/bin/env bash
# A purchase from request to reconciled, with curl alone. Needs a running gateway and its operator key:
#   COUNTERSIGN=http://127.0.0.1:8642 OPERATOR_KEY=ck_op_... examples/quickstart.sh
# Everything it makes has names of its own, so it can be run again and again.
set -euo pipefail

: "${COUNTERSIGN:=http://127.0.0.1:8642}"
: "${OPERATOR_KEY:?set it to the key that npm start printed at its first start}"
run=$(date +%s)$RANDOM
agent=agent_quickstart_$run policy=pol_quickstart_$run center=center_quickstart_$run approver=approver_quickstart_$run

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' plain=$'\e[0m'; else bold='' green='' yellow='' red='' plain=''; fi

title() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
say() { printf '  %-34s %s\n' "$1" "$2"; }
# outcome WORD: coloured by what it means
outcome() {
  case $1 in
    approved | reconciled | true) printf '%s%s%s' "$green" "$1" "$plain" ;;
    held | issued | charged) printf '%s%s%s' "$yellow" "$1" "$plain" ;;
    *) printf '%s%s%s' "$red" "$1" "$plain" ;;
  esac
}
# api KEY METHOD PATH [BODY]: the answer, or its problem on stderr and the end
api() {
  local body=()
  if (($# > 3)); then body=(-H 'Content-Type: application/json' -d "$4"); fi
  curl -sS --fail-with-body -X "$2" "$COUNTERSIGN$3" -H "Authorization: Bearer $1" "${body[@]+"${body[@]}"}" || {
    printf '\n%s %s failed\n' "$2" "$3" >&2
    return 1
  }
}
# field NAME: the first text or word of that name in the JSON on stdin
field() { grep -oE "\"$1\": ?(\"[^\"]*\"|[a-z0-9.]+)" | head -n 1 | sed -E 's/^[^:]*: ?"?//; s/"$//'; }

request() { # request VENDOR AMOUNT
  api "$agent_key" POST /v1/procurement/requests '{
    "agent_id": "'"$agent"'", "policy_id": "'"$policy"'", "vendor": "'"$1"'", "amount": '"$2"', "currency": "usd",
    "intent": "infra renewal Q3", "metadata": {"category": "cloud", "cost_center": "'"$center"'"}
  }'
}
charge() { # charge CARD AMOUNT MERCHANT
  api "$OPERATOR_KEY" POST "/v1/sandbox/cards/$1/authorizations" \
    '{"amount": "'"$2"'", "currency": "USD", "merchant": {"name": "'"$3"'"}}'
}

title 'An operator sets up an agent, an approver, a policy and a budget'
api "$OPERATOR_KEY" POST /v1/agents '{"agent_id": "'"$agent"'", "name": "Infrastructure renewals"}' >/dev/null
agent_key=$(api "$OPERATOR_KEY" POST "/v1/agents/$agent/keys" | field api_key)
api "$OPERATOR_KEY" POST /v1/approvers '{"approver_id": "'"$approver"'", "name": "Anna"}' >/dev/null
approver_key=$(api "$OPERATOR_KEY" POST "/v1/approvers/$approver/keys" | field api_key)
api "$OPERATOR_KEY" POST /v1/policies '{
  "policy_id": "'"$policy"'", "name": "Procurement",
  "rules": [
    {"rule_id": "ceiling", "rule_type": "max_amount", "parameters": {"limit": 10000, "currency": "USD"}},
    {"rule_id": "finance", "rule_type": "escalate_if", "parameters": {"amount_above": 2500}},
    {"rule_id": "vendors", "rule_type": "vendor_allowlist", "parameters": {"vendors": ["aws", "aws.amazon.com"]}}
  ]
}' >/dev/null
budget=$(api "$OPERATOR_KEY" POST /v1/budgets '{
  "name": "Quickstart", "scope": {"type": "cost_center", "id": "'"$center"'"},
  "period": "month", "currency": "USD", "limit": "25000.00"
}' | field budget_id)
say agent "$agent"
say budget "$budget, 25,000.00 USD a month"

title 'The agent buys within its policy'
answer=$(request aws 1840.00)
request_id=$(field request_id <<<"$answer")
card=$(field card_id <<<"$answer")
say '1,840.00 USD from aws' "$(outcome "$(field status <<<"$answer")")"
say card "$card"

title 'Another merchant tries the card, then the real one'
answer=$(charge "$card" 1840.00 aws-evil.com)
say 'charge by aws-evil.com' "approved: $(outcome "$(field approved <<<"$answer")"), $(field reason <<<"$answer")"
answer=$(charge "$card" 1840.00 aws)
say 'charge by aws' "approved: $(outcome "$(field approved <<<"$answer")")"
answer=$(api "$OPERATOR_KEY" POST "/v1/sandbox/authorizations/$(field authorization_id <<<"$answer")/capture")
say captured "$(outcome "$(field checkout_status <<<"$answer")")"

title 'A vendor that is not on the list'
answer=$(request aws-evil.com 20.00)
say '20.00 USD from aws-evil.com' "$(outcome "$(field status <<<"$answer")"): $(field reason_code <<<"$answer")"

title 'Above 2,500 a human signs, and the same request goes on'
answer=$(request aws 4000.00)
held=$(field request_id <<<"$answer")
approval=$(field approval_id <<<"$answer")
say '4,000.00 USD from aws' "$(outcome "$(field status <<<"$answer")")"
api "$approver_key" POST "/v1/approvals/$approval/approve" '{"authorization_reference": "CAB-2291"}' >/dev/null
answer=$(api "$agent_key" GET "/v1/procurement/requests/$held?wait=10")
say "signed by $approver" "$(outcome "$(field status <<<"$answer")")"

title 'The budget knows all of it'
answer=$(api "$OPERATOR_KEY" GET "/v1/budgets/$budget")
for name in limit committed spent available; do say "$name" "$(field "$name" <<<"$answer") USD"; done

title 'And the record proves it'
for _ in $(seq 50); do # the promise is signed at once; integration follows within moments
  size=$(curl -sS --fail "$COUNTERSIGN/log/checkpoint" | sed -n 2p)
  newest=$(api "$OPERATOR_KEY" GET "/v1/log/entries?start=$((size > 0 ? size - 1 : 0))&limit=1")
  if grep -q "$held" <<<"$newest"; then break; fi
  sleep 0.1
done
say 'entries in the log' "$size"
say request "$request_id"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
COUNTERSIGN_TOKEN=$OPERATOR_KEY node "$root/packages/cli/bin/countersign.js" log verify --url "$COUNTERSIGN"
