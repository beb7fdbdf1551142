// index.ts: the public face of the contract: schemas, operations, problems and the OpenAPI document made of them.
export * from './openapi.ts';
export * from './operation.ts';
export * from './operations.ts';
export * from './problem.ts';
export * from './resources/approvals.ts';
export * from './resources/cards.ts';
export * from './resources/checks.ts';
export * from './resources/decisions.ts';
export * from './resources/events.ts';
export * from './resources/exchange-rates.ts';
export * from './resources/purchase-requests.ts';
