// write-openapi.ts: writes docs/reference/openapi.json. Run it after every change of the contract; a test compares.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { openApiDocument } from '../src/openapi.ts';

const folder = new URL('../../../docs/reference/', import.meta.url);
mkdirSync(folder, { recursive: true });
const file = fileURLToPath(new URL('openapi.json', folder));
writeFileSync(file, `${JSON.stringify(openApiDocument(), null, 2)}\n`);
console.log(`wrote ${file}`);
