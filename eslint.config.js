// eslint.config.js: what the linter forbids, and why. Formatting is prettier's, import arrows are tests/architecture's.
// Must stay fast: one typed program for the whole workspace, no plugin besides typescript-eslint.
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const testFiles = ['**/*.test.ts', 'tests/**/*.ts'];
const configFiles = ['*.config.{js,ts}'];
const commandEntry = ['packages/cli/bin/countersign.js', 'packages/cli/src/main.ts'];

// Every list below is whole: a later entry for the same rule replaces an earlier one, it does not add to it.
const syntaxBans = [
  {
    selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
    message: 'Use a named export, so that a thing has the same name everywhere.',
  },
];

const propertyBans = [
  {
    object: 'process',
    property: 'exit',
    message:
      'Let the process drain and end: set process.exitCode, or throw. Only the command line entry exits.',
  },
];

const coreSyntaxBans = [
  ...syntaxBans,
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0], CallExpression[callee.name="Date"]',
    message: 'core reads no clock: take the time as an argument.',
  },
  {
    selector: 'CallExpression[callee.property.name=/^format(ToParts)?$/][arguments.length=0]',
    message: 'Formatting without a date formats the present moment: take the time as an argument.',
  },
  {
    selector:
      'CallExpression[callee.property.name=/^[gs]et(FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds|TimezoneOffset)$/]',
    message: "This is the machine's time zone: use the getUTC form, or Intl with a named time zone.",
  },
  {
    selector: 'CallExpression[callee.property.name=/^(localeCompare|toLocale.*)$/]',
    message: "This depends on the machine's locale: compare with <, or convert with the plain form.",
  },
];

const corePropertyBans = [
  ...propertyBans,
  { object: 'Date', property: 'now', message: 'core reads no clock: take the time as an argument.' },
  {
    object: 'Math',
    property: 'random',
    message: 'core is deterministic: take the random value as an argument.',
  },
];

const coreGlobalBans = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance'].map((name) => ({
    name,
    message: 'core has no time of its own: take the time as an argument.',
  })),
  ...['process', 'global', 'globalThis', 'console', 'require', 'structuredClone'].map((name) => ({
    name,
    message: 'core knows no platform: return data and let the caller act on it.',
  })),
  ...['fetch', 'WebSocket', 'EventSource', 'crypto', 'navigator'].map((name) => ({
    name,
    message: 'core does no input or output and draws no random values: take them as arguments.',
  })),
  ...['Buffer', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder'].map((name) => ({
    name,
    message: 'core uses no platform types: work on strings, or parse before calling core.',
  })),
];

export default defineConfig(
  {
    ignores: ['**/node_modules/', '**/.countersign/', '**/coverage/', 'out/', 'tmp/'],
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Mistakes the compiler does not see.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-constant-binary-expression': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-fallthrough': 'error',
      'no-irregular-whitespace': 'error',
      'no-loss-of-precision': 'error',
      'no-self-compare': 'error',
      'no-shadow-restricted-names': 'error',
      'no-sparse-arrays': 'error',
      'no-template-curly-in-string': 'error',
      'no-unmodified-loop-condition': 'error',
      'no-unreachable-loop': ['error', { ignore: ['ForOfStatement'] }], // `for await` that takes the first
      'no-unsafe-finally': 'error',
      'no-useless-escape': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'require-yield': 'error',

      // Size: a reason to look again (STYLE.md).
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],

      'no-restricted-syntax': ['error', ...syntaxBans],
      'no-restricted-properties': ['error', ...propertyBans],

      // The strict set, where it argues with plain code.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': 'off', // a union is a type, a record may be either
      '@typescript-eslint/require-await': 'off', // an async function may satisfy an interface without waiting
      '@typescript-eslint/dot-notation': 'off', // noPropertyAccessFromIndexSignature decides
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
    },
  },
  {
    files: ['packages/core/src/**/*.ts'],
    ignores: testFiles,
    rules: {
      'no-restricted-syntax': ['error', ...coreSyntaxBans],
      'no-restricted-properties': ['error', ...corePropertyBans],
      'no-restricted-globals': ['error', ...coreGlobalBans],
    },
  },
  {
    files: commandEntry,
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: testFiles,
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      // An index into a list the test has just built; undefined fails the assertion that follows.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // A check that looks superfluous is often what the test is about, a number that cannot be kept its input.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      'no-loss-of-precision': 'off',
      'no-template-curly-in-string': 'off',
      // Answers arrive as parsed JSON; the assertions are the check.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    files: configFiles,
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.js'],
    ...tseslint.configs.disableTypeChecked,
  },
);
