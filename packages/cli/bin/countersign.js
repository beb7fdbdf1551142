#!/usr/bin/env node
// countersign.js: the entry of the command line. Plain JavaScript, because it runs before anything can read TypeScript.
// Checks the Node version, lets tsx read the TypeScript sources, hands over to src/main.ts. Knows no command itself.

const nodeMin = [20, 20];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < nodeMin[0] || (major === nodeMin[0] && minor < nodeMin[1])) {
  fail(`Countersign needs Node ${nodeMin.join('.')} or newer; this is Node ${process.versions.node}.`);
}

let register;
try {
  // Dynamic, so that the version check above is reached on a Node that cannot load tsx.
  ({ register } = await import('tsx/esm/api'));
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  fail('The dependencies of Countersign are not installed; run `npm ci` in its folder first.');
}

// Without this, tsx would read the tsconfig.json of whatever folder the command is called from.
register({ tsconfig: false });
await import('../src/main.ts');

function fail(message) {
  process.stderr.write(`countersign: ${message}\n`);
  process.exit(1);
}
