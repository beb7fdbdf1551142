// resources/system.ts: whether the gateway lives, what it measures, and this document itself.
import { Type } from 'typebox';

import { operation } from '../operation.ts';

const tag = 'System';

export const systemOperations = {
  getHealth: operation({
    operationId: 'getHealth',
    method: 'GET',
    path: '/healthz',
    tag,
    summary: 'Whether the process lives',
    allow: ['public'],
    status: 200,
    response: Type.Object({ status: Type.Enum(['ok']) }, { title: 'Health' }),
  }),
  getReadiness: operation({
    operationId: 'getReadiness',
    method: 'GET',
    path: '/readyz',
    tag,
    summary: 'Whether it can decide: its ledger answers and it is not draining',
    allow: ['public'],
    status: 200,
    response: Type.Object({ status: Type.Enum(['ready']) }, { title: 'Readiness' }),
  }),
  getMetrics: operation({
    operationId: 'getMetrics',
    method: 'GET',
    path: '/metrics',
    tag,
    summary: 'Prometheus metrics',
    description: 'Needs an operator’s or auditor’s key unless the installation makes its metrics public.',
    allow: ['operator', 'auditor'],
    status: 200,
    responseMedia: ['text/plain'],
  }),
  getOpenApi: operation({
    operationId: 'getOpenApi',
    method: 'GET',
    path: '/openapi.json',
    tag,
    summary: 'This API as OpenAPI 3.1',
    allow: ['public'],
    status: 200,
    response: Type.Object({}, { additionalProperties: true, title: 'OpenApiDocument' }),
  }),
  getDocs: operation({
    operationId: 'getDocs',
    method: 'GET',
    path: '/docs',
    tag,
    summary: 'This API as a page to read',
    allow: ['public'],
    status: 200,
    responseMedia: ['text/html'],
  }),
};
