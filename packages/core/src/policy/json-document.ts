// policy/json-document.ts: looks at a parsed JSON document without trusting its shape.

/** Whether a value is a JSON object: no list, no null. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The kind of a JSON value in plain words, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
      return 'a number';
    case 'boolean':
      return `\`${String(value)}\``;
    case 'object':
      return 'an object';
    default:
      return 'nothing';
  }
}

/** A JSON pointer (RFC 6901) below another one. */
export function pointerTo(base: string, ...steps: readonly (string | number)[]): string {
  return base + steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Whether a text has the form of an id: policies, rules, agents, teams, approvers. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(text);
}
