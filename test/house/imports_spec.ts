import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { COMPUTED, importsOf } from './imports.js';

const root = join(__dirname, '..', '..');
const LONGEST_FILE = 350;

/**
 * Which rooms a room may import (ARCHITECTURE.md), besides itself: a room, or one file of it. The longest name that a file's
 * path begins with is its room.
 */
const rooms: Record<string, string[]> = {
  'src/frame': ['src/detection/types'],
  'src/models': [],
  'src/detection': ['src/models/manifest'],
  'src/image': ['src/frame', 'src/detection/types', 'src/models/manifest', 'src/device/device'],
  'src/reading': ['src/detection', 'src/models/manifest'],
  'src/tracking': ['src/frame', 'src/detection'],
  'src/areas': ['src/frame/config-error', 'src/detection/types'],
  'src/events': ['src/areas', 'src/frame', 'src/detection', 'src/reading/normalise'],
  'src/privacy': ['src/frame/config-error', 'src/events/plate-event', 'src/lists', 'src/reading/normalise'],
  'src/lists': ['src/detection', 'src/reading/normalise'],
  // The log finds the same plates as a list of known plates, and has a thread of its own.
  'src/log': ['src/events/plate-event', 'src/lists/key', 'src/lists/distance', 'src/device/pool'],
  'src/parking': ['src/lists', 'src/log/csv'],
  'src/home-assistant': ['src/events', 'src/reading/normalise', 'src/sources/live/camera-state'],
  'src/outbox': [],
  'src/overlay': ['src/frame', 'src/detection'],
  'src/motion': ['src/areas', 'src/frame/config-error', 'src/detection/types'],
  'src/sources': ['src/frame', 'src/image', 'src/device/pool/memory-return'],
  'src/device': ['src/detection/types', 'src/models/manifest'],
  'src/device/pool': ['src/device/errors'],
  'src/device/request': ['src/device/device', 'src/models', 'src/detection', 'src/image', 'src/reading'],
  'src/device/hailo': ['src/frame/keep-alive', 'src/device', 'src/models', 'src/detection', 'src/image', 'src/reading'],
  'src/device/cpu': [
    'src/frame/keep-alive',
    'src/device',
    'src/models',
    'src/detection',
    'src/image',
    'src/reading',
    'src/overlay',
  ],
  'src/stages': [
    'src/frame',
    'src/detection',
    'src/models/manifest',
    'src/device/device',
    'src/tracking',
    'src/reading/formats',
    'src/reading/looks',
  ],
  'src/node-red': [
    'src/areas',
    'src/motion',
    'src/frame',
    'src/image',
    'src/detection',
    'src/models',
    'src/sources',
    'src/device',
    'src/doctor',
  ],
  'src/doctor': ['src/device', 'src/models'],
  'src/cli': ['src'],
  nodes: ['src'],
};

/** Packages that only these places may name in code at all; native ones only load inside a function. */
const packages: Record<string, { homes: string[]; native: boolean }> = {
  // One of the two ONNX Runtimes; anywhere else a name that is not written out would get past this test.
  [COMPUTED]: { homes: ['src/device/cpu'], native: true },
  sharp: { homes: ['src/image'], native: true },
  'onnxruntime-node': { homes: ['src/device/cpu'], native: true },
  'onnxruntime-web': { homes: ['src/device/cpu'], native: true },
  '@libsql/client': { homes: ['src/log/backends'], native: true },
  pg: { homes: ['src/log/backends'], native: true },
  koffi: { homes: ['src/device/hailo', 'src/device/pool'], native: true },
  'node-red': { homes: ['src/node-red', 'nodes'], native: false },
};

/** @param files text by path from the repository's root, with `/` */
function broken(files: ReadonlyMap<string, string>): string[] {
  const rules: string[] = [];
  for (const [file, text] of files) {
    const lines = text.split('\n').length - 1;
    if (lines > LONGEST_FILE) rules.push(`${file}: ${lines} lines`);
    for (const { module, kind } of importsOf(file, text)) {
      const target = module.startsWith('.')
        ? posix.join(posix.dirname(file), module).replace(/\.(js|ts)$/, '')
        : module;
      const rule = module.startsWith('.') ? wrongRoom(file, target) : wrongPackage(file, module, kind);
      if (rule !== undefined) rules.push(`${file}: ${rule}`);
    }
  }
  return rules;
}

function wrongRoom(file: string, target: string): string | undefined {
  const room = Object.keys(rooms)
    .filter((name) => file.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (room === undefined) return 'in no room';
  const isCli = target.startsWith('src/cli/');
  const allowed = [room, ...rooms[room]!].some((name) => target === name || target.startsWith(`${name}/`));
  const nodeRedInCli = room === 'src/cli' && target.startsWith('src/node-red/');
  return !allowed || nodeRedInCli || (isCli && room !== 'src/cli') ? `imports ${target}` : undefined;
}

function wrongPackage(file: string, module: string, kind: string): string | undefined {
  const name = Object.keys(packages).find((known) => module === known || module.startsWith(`${known}/`));
  if (name === undefined) return undefined;
  const { homes, native } = packages[name]!;
  if (!homes.some((home) => file.startsWith(`${home}/`))) return `names ${module}`;
  return native && kind === 'load' ? `loads ${module} with itself` : undefined;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

describe('House rules', () => {
  const files = new Map(
    [...sources('src'), ...sources('nodes')].map((file) => [file, readFileSync(join(root, file), 'utf8')]),
  );

  it('finds the files of every room', () => {
    for (const room of Object.keys(rooms)) {
      assert.ok(
        [...files.keys()].some((file) => dirname(file) === room || file.startsWith(`${room}/`)),
        room,
      );
    }
  });

  it('imports point one way, native libraries load on first use and no file is too long', () => {
    assert.deepEqual(broken(files), []);
  });

  const cases: { title: string; file: string; text: string; rules: string[] }[] = [
    {
      title: 'a sideways import',
      file: 'src/image/a.ts',
      text: "import { x } from '../tracking/b.js';",
      rules: ['imports src/tracking/b'],
    },
    {
      title: 'one of types',
      file: 'src/events/a.ts',
      text: "import type { X } from '../node-red/b.js';",
      rules: ['imports src/node-red/b'],
    },
    {
      title: 'one that is passed on',
      file: 'src/frame/a.ts',
      text: "export * from '../image/b.js';",
      rules: ['imports src/image/b'],
    },
    {
      title: 'one by require',
      file: 'src/sources/a.ts',
      text: "const f = () => require('../device/shared.js');",
      rules: ['imports src/device/shared'],
    },
    {
      title: 'another file of a room of which one is allowed',
      file: 'src/stages/a.ts',
      text: "import { x } from '../device/shared.js';",
      rules: ['imports src/device/shared'],
    },
    {
      title: 'Node-RED in the command line',
      file: 'src/cli/a.ts',
      text: "import { x } from '../node-red/b.js';",
      rules: ['imports src/node-red/b'],
    },
    {
      title: 'the command line in a node',
      file: 'nodes/x/x.ts',
      text: "import { x } from '../../src/cli/b.js';",
      rules: ['imports src/cli/b'],
    },
    {
      title: 'a file beside the rooms',
      file: 'src/a.ts',
      text: "import { x } from './frame/frame.js';",
      rules: ['in no room'],
    },
    {
      title: 'Node-RED in a room',
      file: 'src/stages/a.ts',
      text: "import type { Node } from 'node-red';",
      rules: ['names node-red'],
    },
    {
      title: 'sharp elsewhere',
      file: 'src/overlay/a.ts',
      text: "const f = () => require('sharp');",
      rules: ['names sharp'],
    },
    {
      title: 'sharp at load',
      file: 'src/image/a.ts',
      text: "import sharp from 'sharp';",
      rules: ['loads sharp with itself'],
    },
    {
      title: 'sharp by a require at load',
      file: 'src/image/a.ts',
      text: "const sharp = require('sharp');",
      rules: ['loads sharp with itself'],
    },
    {
      title: 'ONNX Runtime at load',
      file: 'src/device/cpu/a.ts',
      text: "import { Tensor } from 'onnxruntime-node';",
      rules: ['loads onnxruntime-node with itself'],
    },
    {
      title: 'ONNX Runtime elsewhere, later',
      file: 'src/device/a.ts',
      text: "const f = () => import('onnxruntime-web');",
      rules: ['names onnxruntime-web'],
    },
    {
      title: 'a name that is not written out',
      file: 'src/overlay/a.ts',
      text: "const f = () => require('sha' + 'rp');",
      rules: ['names (computed)'],
    },
    { title: 'a long file', file: 'src/frame/a.ts', text: '\n'.repeat(351), rules: ['351 lines'] },
    {
      title: 'nothing: types and a late require of sharp',
      file: 'src/image/a.ts',
      text: "import type S from 'sharp';\nconst f = () => require('sharp') as S;",
      rules: [],
    },
    {
      title: 'nothing: its own room and one allowed',
      file: 'src/device/cpu/a.ts',
      text: "import './b.js';\nimport { x } from '../pool/c.js';",
      rules: [],
    },
    { title: 'nothing: a file as long as may be', file: 'src/frame/a.ts', text: '\n'.repeat(350), rules: [] },
  ];
  for (const { title, file, text, rules: expected } of cases) {
    it(`notices ${title}`, () => {
      assert.deepEqual(
        broken(new Map([[file, text]])),
        expected.map((rule) => `${file}: ${rule}`),
      );
    });
  }
});
