// version.ts: the version of this command line, as its package says.
import { readFileSync } from 'node:fs';

export function versionOfCommand(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '';
  return String(version);
}
