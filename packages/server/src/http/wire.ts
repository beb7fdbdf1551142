// http/wire.ts: names between the wire (snake_case) and the control plane (camelCase). Values are left as they are.
// Not for free-form data (metadata, policy documents): their names are the caller's.

/** `agentId` -> `agent_id`, through objects and lists. */
export function toWire(value: unknown): unknown {
  return renamed(value, (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

type CamelName<Name extends string> = Name extends `${infer Head}_${infer Rest}`
  ? `${Head}${Capitalize<CamelName<Rest>>}`
  : Name;

/** What `fromWire` makes of a type: the control plane's own types are compared with it. */
export type FromWire<Value> = Value extends readonly (infer Item)[]
  ? FromWire<Item>[]
  : Value extends object
    ? { [Name in keyof Value as Name extends string ? CamelName<Name> : never]: FromWire<Value[Name]> }
    : Value;

/** `agent_id` -> `agentId`, through objects and lists. */
export function fromWire<Value>(value: Value): FromWire<Value> {
  const named = renamed(value, (name) =>
    name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
  return named as FromWire<Value>; // the type does to names what the function does
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [rename(name), renamed(item, rename)]),
  );
}

/** A page of the control plane as the API writes pages. */
export function pageToWire(page: {
  readonly items: readonly unknown[];
  readonly nextCursor: string | null;
}): {
  data: unknown[];
  next_cursor: string | null;
} {
  return { data: page.items.map(toWire), next_cursor: page.nextCursor };
}
