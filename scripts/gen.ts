import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { guardWords } from '../src/access/guard-words.ts';
import type { Guard } from '../src/access/route.ts';
import { routes } from '../src/app/routes.ts';
import { createProgram } from '../src/cli/command.ts';
import { settings } from '../src/config.ts';
import { openApi } from '../src/http/openapi.ts';
import type { Route } from '../src/http/route.ts';
import { routePath } from '../src/http/server.ts';
import { drawStateMachines } from './draw-state-machines.ts';

/*
 * `npm run gen` writes every generated file anew; with `--check` it writes nothing and fails when one is stale.
 */
const files: Record<string, string> = {
  'test/snapshots/api-map.txt': apiMap(),
  'test/snapshots/openapi.json': `${compactJson(openApi(routes, guardWords, { version: 'VERSION', url: 'http://localhost:8080' }))}\n`,
  'test/snapshots/cli-help.txt': helpOf(createProgram()),
  'docs/admin/configuration.md': configurationPage(),
  'docs/api/endpoints.md': endpointsPage(),
  'docs/dev/state-machines.md': drawStateMachines(),
};

const check = process.argv.includes('--check');
for (const [file, text] of Object.entries(files)) {
  const now = readOr(file, '');
  if (now === text) continue;
  if (check) {
    console.error(`${file} is stale: run \`npm run gen\` and look at the difference`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${file}`);
  }
}

function sortedRoutes(): Route<Guard>[] {
  return routes.toSorted((a, b) => routePath(a).localeCompare(routePath(b)) || a.method.localeCompare(b.method));
}

/** Method, path, operation, who may call, rule, file: one line an endpoint. */
function apiMap(): string {
  const lines = sortedRoutes().map(({ method, guard, operation, file, path }) => {
    const rule = [guard.on, guard.can, guard.also].filter((one) => one !== null).join(' ');
    return [method.padEnd(6), routePath({ path }).padEnd(78), operation.padEnd(36), guard.auth.padEnd(12), rule.padEnd(32), file]
      .join(' ')
      .trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

function helpOf(program: Command): string {
  // The width of a terminal must not change the file.
  const parts = [program, ...program.commands].map((command) => command.configureHelp({ helpWidth: 120 }).helpInformation());
  return parts.join('\n----\n\n');
}

/** JSON that people can compare: what fits stands on one line. */
function compactJson(value: unknown, indent = ''): string {
  const line = JSON.stringify(value);
  if (line.length + indent.length <= 140 || typeof value !== 'object' || value === null) return line;
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((one) => compactJson(one, deeper))
    : Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${compactJson(one, deeper)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${parts.map((part) => deeper + part).join(',\n')}\n${indent}${close}`;
}

function configurationPage(): string {
  const rows = Object.values(settings).map(
    (setting) => `| \`${setting.env}\` | \`${setting.flag}\` | ${setting.default} | ${setting.help} |`,
  );
  return [
    '# Configuration',
    '',
    'Every setting is an environment variable and a flag of `baton serve`; the flag wins. This page is generated from `src/config.ts`.',
    '',
    '| environment | flag | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function endpointsPage(): string {
  const lines = [
    '# Endpoints',
    '',
    'Generated from the routes. The same as OpenAPI 3.1: `GET /api/v4/openapi.json` of a running server.',
    '',
  ];
  for (const room of [...new Set(sortedRoutes().map((route) => route.room))].sort()) {
    lines.push(`## ${room}`, '', '| request | what it does | who | answers |', '| --- | --- | --- | --- |');
    for (const route of sortedRoutes().filter((one) => one.room === room)) {
      const answers = [route.status, ...route.errors.toSorted((a, b) => a - b)].join(' ');
      lines.push(`| \`${route.method} ${routePath(route)}\` | ${route.summary} | ${guardWords.sentence(route.guard)} | ${answers} |`);
    }
    lines.push('');
  }
  return lines.join('\n');
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
