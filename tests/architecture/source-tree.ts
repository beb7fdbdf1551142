// source-tree.ts: the project's own text files, in memory, so that a check can run on a made-up tree as well.
// Reads only; never follows node_modules, dot folders or runtime data.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Path from the project's root, with `/`, to the file's text. Files that are not text have an empty one. */
export type SourceTree = ReadonlyMap<string, string>;

const textFile = /\.(ts|js|json|md|sql)$/;
const foldersSkipped = new Set(['node_modules', 'coverage', 'out', 'tmp']);

export function readSourceTree(root: string): SourceTree {
  const tree = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.') && !foldersSkipped.has(entry.name)) visit(path);
      } else if (entry.isFile()) {
        tree.set(path, textFile.test(entry.name) ? readFileSync(join(root, path), 'utf8') : '');
      }
    }
  };
  visit('');
  return tree;
}

export function isTestFile(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('tests/');
}
