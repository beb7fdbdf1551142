// openapi.ts: turns the operations into one OpenAPI 3.1 document. Deterministic: the committed file is its output.
// Schemas with a title become components, so that each is written once and generated clients have names.
import type { TSchema } from 'typebox';

import { type Access, changeKindOf, type OperationShape } from './operation.ts';
import { listOperations } from './operations.ts';
import { Problem } from './problem.ts';
import { Change } from './resources/changes.ts';

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
type JsonObject = Record<string, Json>;

export const API_VERSION = '1';

const TAGS: readonly (readonly [string, string])[] = [
  ['Purchases', 'An agent asks to buy; the gate decides before any money moves.'],
  ['Approvals', 'What a human signs. The same request then goes on by itself.'],
  ['Cards', 'The single-use card of an approved purchase.'],
  ['Checks', 'A policy asked about something that is not a purchase.'],
  ['Budgets', 'The envelopes purchases are paid from.'],
  ['Policies', 'Named, versioned lists of rules.'],
  ['Agents', 'The software buyers.'],
  ['Principals', 'People and services with roles.'],
  ['Keys', 'API keys of agents and principals.'],
  ['Entities', 'Legal entities and their cost centres.'],
  ['Change control', 'Changes of the configuration that wait for a second person.'],
  ['Retention', 'How long text is kept, legal holds, and erasure.'],
  ['Webhooks', 'Events sent to you, signed as Standard Webhooks describes.'],
  ['Events', 'The event stream, which is the log.'],
  ['Record', 'The tamper-evident log and its proofs.'],
  ['Sandbox', 'The simulated payment network.'],
  ['System', 'Health, metrics and this document.'],
];

/** The whole document, as plain data. */
export function openApiDocument(): JsonObject {
  const components: JsonObject = {};
  const paths: JsonObject = {};
  for (const operation of listOperations()) {
    const path = (paths[operation.path] ??= {}) as JsonObject; // only ever objects are put there
    path[operation.method.toLowerCase()] = describe(operation, components);
  }
  reference(Problem, components);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: API_VERSION,
      description:
        'Purchase authority for AI agents: decide, hold for a human, issue a locked card, settle, reconcile, and prove it.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  };
}

function describe(operation: OperationShape, components: JsonObject): Json {
  const parameters = [
    ...parametersOf(operation.params, 'path', components),
    ...parametersOf(operation.query, 'query', components),
    ...parametersOf(operation.headers, 'header', components),
    ...(changeKindOf(operation) === 'controlled' ? [EMERGENCY_REASON] : []),
  ];
  return {
    operationId: operation.operationId,
    summary: operation.summary,
    description: [operation.description, allowedTo(operation.allow)].filter(Boolean).join('\n\n'),
    tags: [operation.tag],
    ...(operation.allow.includes('public') ? { security: [] } : {}),
    'x-allow': [...operation.allow],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.body === undefined
      ? {}
      : { requestBody: requestBodyOf(operation, operation.body, components) }),
    responses: responsesOf(operation, components),
  };
}

function requestBodyOf(operation: OperationShape, body: TSchema, components: JsonObject): Json {
  const example = operation.bodyExample === undefined ? {} : { example: plain(operation.bodyExample) };
  return {
    required: operation.bodyOptional !== true,
    content: { 'application/json': { schema: reference(body, components), ...example } },
  };
}

function responsesOf(operation: OperationShape, components: JsonObject): Json {
  const content: JsonObject = {};
  if (operation.response !== undefined) {
    content['application/json'] = { schema: reference(operation.response, components) };
  }
  for (const media of operation.responseMedia ?? []) {
    content[media] = media === 'application/octet-stream' ? {} : { schema: { type: 'string' } };
  }
  const problem = {
    description: 'A problem, with a stable `code`.',
    content: { 'application/problem+json': { schema: reference(Problem, components) } },
  };
  return {
    [String(operation.status)]: {
      description: operation.status === 201 ? 'Recorded.' : 'The answer.',
      ...(Object.keys(content).length === 0 ? {} : { content }),
    },
    ...(waitsForReview(operation)
      ? {
          '202': {
            description:
              'Under `change_control: four_eyes`: it waits for a second person. Nothing has changed.',
            content: { 'application/json': { schema: reference(Change, components) } },
          },
        }
      : {}),
    default: problem,
  };
}

function waitsForReview(operation: OperationShape): boolean {
  const kind = changeKindOf(operation);
  return kind === 'controlled' || kind === 'always_reviewed';
}

const EMERGENCY_REASON: Json = {
  name: 'Emergency-Reason',
  in: 'header',
  required: false,
  description:
    'Under `four_eyes`: why it cannot wait, 10 to 500 characters, percent-encoded beyond ASCII. It acts at once, raises an alert, and has to be reviewed afterwards.',
  schema: { type: 'string', maxLength: 4500 },
};

function parametersOf(
  schema: TSchema | undefined,
  place: 'path' | 'query' | 'header',
  components: JsonObject,
): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = plain(schema) as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  }; // an object schema
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name: place === 'header' ? headerName(name) : name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: withReferences(rest, components),
    };
  });
}

function headerName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
}

function allowedTo(allow: readonly Access[]): string {
  if (allow.includes('public')) return 'No key is needed.';
  return `For ${allow.map((role) => `\`${role}\``).join(', ')}.`;
}

function reference(schema: TSchema, components: JsonObject): Json {
  return withReferences(plain(schema), components);
}

/** Moves every schema with a title into the components and leaves a reference in its place. */
function withReferences(value: Json, components: JsonObject): Json {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, components));
  if (typeof value !== 'object' || value === null) return value;
  const walked = Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withReferences(item, components)]),
  );
  const title = value['title'];
  if (typeof title !== 'string') return walked;
  const known = components[title];
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(walked)) {
    throw new Error(`two different schemas are called ${title}`);
  }
  components[title] = walked;
  return { $ref: `#/components/schemas/${title}` };
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json; // drops what is not JSON: symbols and functions of the schemas
}
