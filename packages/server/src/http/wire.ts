// http/wire.ts: names between the wire (snake_case) and the control plane (camelCase). Values are left as they are.
// Not for free-form data (metadata, policy documents): their names are the caller's.

/** `agentId` -> `agent_id`, through objects and lists. */
export function toWire(value: unknown): unknown {
  return renamed(value, (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** `agent_id` -> `agentId`, through objects and lists. */
export function fromWire<T>(value: object): T {
  // The caller states what the names come out as; the contract has checked the values.
  return renamed(value, (name) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())) as T;
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [rename(name), renamed(item, rename)]));
}

/** A page of the control plane as the API writes pages. */
export function pageToWire(page: { readonly items: readonly unknown[]; readonly nextCursor: string | null }): {
  data: unknown[];
  next_cursor: string | null;
} {
  return { data: page.items.map(toWire), next_cursor: page.nextCursor };
}
