// imports.ts: who may import whom, and the check that reads every import of every package against it.
// The table is DESIGN section 2 in data; an area that is not in it is refused, so a new folder needs a line here.
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

import { isTestFile } from './source-tree.ts';
import type { SourceTree } from './source-tree.ts';

interface Area {
  /** Other areas of the project it may import. Its own files are always allowed. */
  readonly may: readonly string[];
  /** Areas it may name the types of (`import type`), because `main.ts` hands it their objects. */
  readonly mayName?: readonly string[];
  /** `node:` modules it may import. */
  readonly node: 'any' | readonly string[];
  /** Packages from npm it may import; `declared` is whatever its package.json declares. */
  readonly npm: 'declared' | readonly string[];
  readonly instead: string;
}

const open = { node: 'any', npm: 'declared' } as const;
const serverFolders = [
  'ids',
  'record',
  'db',
  'ledger',
  'gate',
  'admin',
  'rails',
  'suppliers',
  'http',
  'jobs',
].map((name) => `server/${name}`);

// A ledger operation gives a statement; whoever uses it sends it through db. SQL itself stays in ledger: house-style.
const onDatabase = ['server/ledger', 'server/record', 'server/ids', 'server/db'];

/** Areas by name: a package, or for the server a folder of it. */
const areas: Readonly<Record<string, Area>> = {
  core: {
    may: [],
    node: [],
    npm: [],
    instead: 'core imports nothing: take the value as an argument and let the caller fetch it',
  },
  audit: {
    may: [],
    node: ['node:crypto'],
    npm: [],
    instead: 'audit must verify a log with node:crypto alone: take bytes as arguments',
  },
  contract: {
    may: [],
    node: [],
    npm: ['typebox'],
    instead: 'contract is schemas alone: keep the behaviour where the schema is used',
  },
  'server/db': {
    ...open,
    may: [],
    instead: 'db knows connections, not their use: take a function or a statement as an argument',
  },
  'server/ids': { ...open, may: [], instead: 'ids.ts makes identifiers and knows nothing of their use' },
  'server/record': {
    ...open,
    may: ['server/ledger', 'server/db', 'server/ids', 'core', 'audit'],
    instead: 'the record knows the log alone: let gate, admin or jobs give it what is to be recorded',
  },
  'server/ledger': {
    ...open,
    may: ['server/db', 'core'],
    mayName: ['server/record'],
    instead: 'a ledger operation takes rows and returns rows: let gate or admin put operations together',
  },
  'server/gate': {
    ...open,
    may: [...onDatabase, 'server/suppliers', 'core', 'audit'],
    instead: 'let main.ts pass it in',
  },
  'server/admin': {
    ...open,
    may: [...onDatabase, 'server/suppliers', 'core', 'audit'],
    instead: 'let main.ts pass it in',
  },
  'server/rails': {
    ...open,
    may: ['core'],
    instead: 'a rail adapter speaks to its issuer alone: let jobs or main.ts connect it to the gate',
  },
  'server/suppliers': {
    may: ['core'],
    node: [],
    npm: ['tldts'],
    instead: 'who a supplier is follows from the registry it is handed: let gate or admin load and store',
  },
  'server/http': {
    ...open,
    may: ['server/gate', 'server/admin', 'server/record', 'server/suppliers', 'core', 'audit', 'contract'],
    instead: 'call an operation of gate, admin or record, and let main.ts pass in anything else',
  },
  'server/jobs': {
    ...open,
    may: ['server/gate', 'server/admin', ...onDatabase, 'server/rails', 'contract'],
    instead: 'call an operation of gate or admin, and let main.ts pass in anything else',
  },
  'server/main': {
    ...open,
    may: [...serverFolders, 'server/settings', 'core', 'audit', 'contract'],
    instead: 'main.ts constructs the server out of its own folders',
  },
  'server/settings': { ...open, may: [], instead: 'settings are read and checked here, and used elsewhere' },
  'server/index': {
    ...open,
    may: ['server/main', 'server/settings', ...serverFolders],
    instead: 'index.ts only names what the package offers',
  },
  sdk: { ...open, may: ['core', 'contract'], instead: 'the SDK speaks HTTP to the server' },
  cli: {
    ...open,
    may: ['sdk', 'server', 'audit', 'contract'],
    instead: 'the command line is a thin shell: ask the SDK or the server for it',
  },
  mcp: { ...open, may: ['sdk'], instead: 'ask the SDK for it' },
  console: { ...open, may: ['sdk'], instead: 'ask the SDK for it' },
};

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

interface Workspace {
  /** Folder of each package by the name it is imported with. */
  readonly folderOf: ReadonlyMap<string, string>;
  readonly declared: ReadonlyMap<string, ReadonlySet<string>>;
  /** What test files may import besides: the root's development dependencies. */
  readonly development: ReadonlySet<string>;
}

/** One sentence for each import that is against the table: the file, what it imports, what to do instead. */
export function findForbiddenImports(tree: SourceTree): string[] {
  const workspace = readWorkspace(tree);
  const found: string[] = [];
  for (const [path, text] of tree) {
    if (!/^packages\/[^/]+\/(src|bin)\/.*\.(ts|js)$/.test(path)) continue;
    const name = areaOf(path);
    const area = areas[name];
    if (area === undefined) {
      found.push(`${path} lies in \`${name}\`, which has no line in the table: move it, or add the line`);
      continue;
    }
    for (const { specifier, typesOnly } of importsOf(path, text)) {
      const allowed = typesOnly ? [...area.may, ...(area.mayName ?? [])] : area.may;
      const fault = faultOf({ path, name, area, allowed, specifier, workspace });
      if (fault !== undefined) found.push(`${path} imports \`${specifier}\`: ${fault}`);
    }
  }
  return found;
}

interface ImportToJudge {
  readonly path: string;
  readonly name: string;
  readonly area: Area;
  readonly allowed: readonly string[];
  readonly specifier: string;
  readonly workspace: Workspace;
}

function faultOf(judged: ImportToJudge): string | undefined {
  const { path, specifier, area, allowed, workspace } = judged;
  if (specifier === computed) return 'a path that is computed cannot be checked; write it out';
  if (specifier.startsWith('.')) return faultOfRelative(judged);

  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return `write \`node:${specifier}\``;
    if (isTestFile(path) || area.node === 'any' || area.node.includes(specifier)) return undefined;
    return area.instead;
  }

  const packageName = packageNameOf(specifier);
  const packageFolder = path.split('/')[1] ?? '';
  const target = workspace.folderOf.get(packageName);
  if (target !== undefined) {
    if (target === packageFolder) return 'a package imports its own files by relative path';
    if (!allowed.includes(target)) return area.instead;
  } else if (isTestFile(path) && workspace.development.has(packageName)) {
    return undefined;
  } else if (area.npm !== 'declared' && !area.npm.includes(packageName)) {
    return area.instead;
  }
  if (workspace.declared.get(packageFolder)?.has(packageName) !== true) {
    return `declare \`${packageName}\` in packages/${packageFolder}/package.json`;
  }
  return undefined;
}

function faultOfRelative({ path, name, area, allowed, specifier }: ImportToJudge): string | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  const packageFolder = path.split('/').slice(0, 2).join('/');
  if (!target.startsWith(`${packageFolder}/`)) {
    if (isTestFile(path) && target.startsWith('tests/')) return undefined;
    return 'import another package by its name, so that its exports hold';
  }
  // A unit test may set up its subject with any part of its own package.
  if (isTestFile(path)) return undefined;
  if (isTestFile(target)) return 'only tests import tests';
  const targetName = areaOf(target);
  if (targetName === name || allowed.includes(targetName)) return undefined;
  return area.instead;
}

function areaOf(path: string): string {
  const [, packageFolder = '', , inside = ''] = path.split('/');
  if (packageFolder !== 'server') return packageFolder;
  return `server/${inside.replace(/(\.test)?\.ts$/, '')}`;
}

function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function readWorkspace(tree: SourceTree): Workspace {
  const folderOf = new Map<string, string>();
  const declared = new Map<string, Set<string>>();
  for (const [path, text] of tree) {
    const folder = /^packages\/([^/]+)\/package\.json$/.exec(path)?.[1];
    if (folder === undefined) continue;
    const manifest = JSON.parse(text) as Manifest;
    folderOf.set(manifest.name, folder);
    declared.set(
      folder,
      new Set([
        ...Object.keys(manifest.dependencies ?? {}),
        ...Object.keys(manifest.optionalDependencies ?? {}),
        ...Object.keys(manifest.peerDependencies ?? {}),
      ]),
    );
  }
  const root = JSON.parse(tree.get('package.json') ?? '{}') as Partial<Manifest>;
  return { folderOf, declared, development: new Set(Object.keys(root.devDependencies ?? {})) };
}

const computed = '(computed)';

interface Import {
  readonly specifier: string;
  /** Whether nothing of it is left at run time. */
  readonly typesOnly: boolean;
}

/** Everything a file imports: statements, re-exports, `import()` in code and in types. */
export function importsOf(path: string, text: string): Import[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, typesOnly: boolean): void => {
    const specifier = node !== undefined && ts.isStringLiteralLike(node) ? node.text : computed;
    found.push({ specifier, typesOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier !== undefined) add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isExternalModuleReference(node)) {
      add(node.expression, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
