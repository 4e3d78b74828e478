// `npm run demo`: installs and builds what is missing, then runs a real Node-RED with the demo flow. Nothing outside the checkout
// is touched: Node-RED's user directory is .demo/.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { installIfNeeded, root } from './install.mjs';
import { fetchClip } from './real-clip.mjs';

const HOST = '127.0.0.1';
const PACKAGE = '@plateflow/node-red-hailo-alpr';
const DEMO_FLOW = path.join(root, 'examples', 'flows', '13 - Demo page.json');

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    fresh: { type: 'boolean' },
    'real-clip': { type: 'boolean' },
    'user-dir': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help) {
  console.log(`npm run demo [-- options]
  --port N        first port to try (default 1880)
  --fresh         put the demo flow back as it was shipped
  --real-clip     fetch a short real video (3.5 MB, MIT licence) and read that instead of the drawn sample
  --user-dir DIR  Node-RED's user directory (default .demo)`);
  process.exit(0);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 9)) {
  console.error(`The demo needs Node.js 20.9 or later; this is ${process.versions.node}.`);
  process.exit(1);
}

installIfNeeded();
const built = spawnSync(process.execPath, [path.join(root, 'scripts', 'build.mjs'), '--if-needed'], {
  stdio: 'inherit',
});
if (built.status !== 0) process.exit(built.status ?? 1);

const userDir = path.resolve(values['user-dir'] ?? path.join(root, '.demo'));
prepareUserDirectory(userDir);
if (values['real-clip']) await useRealClip(userDir);
const port = await freePort(Number(values.port ?? 1880));
startNodeRed(userDir, port);

/** A Node-RED user directory that knows our package by a link to the checkout, and starts with the demo flow. */
function prepareUserDirectory(folder) {
  const link = path.join(folder, 'node_modules', ...PACKAGE.split('/'));
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.rmSync(link, { force: true });
  // 'junction' needs no administrator on Windows and is ignored elsewhere.
  fs.symlinkSync(root, link, 'junction');
  const packageFile = { name: 'plateflow-demo', private: true, dependencies: { [PACKAGE]: '*' } };
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(packageFile, null, 2));
  const flows = path.join(folder, 'flows.json');
  if (values.fresh || values['real-clip'] || !fs.existsSync(flows)) fs.copyFileSync(DEMO_FLOW, flows);
  fs.writeFileSync(
    path.join(folder, 'settings.js'),
    `// Written by scripts/demo.mjs at every start.
module.exports = {
  uiHost: '${HOST}',
  flowFile: 'flows.json',
  // The demo stores no credentials; a fixed secret keeps Node-RED from warning about a generated one.
  credentialSecret: 'plateflow-demo',
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, palette: { catalogues: [] } },
  logging: { console: { level: 'info', metrics: false, audit: false } },
};
`,
  );
}

/** Points the demo flow's camera at the fetched clip. */
async function useRealClip(folder) {
  const clip = await fetchClip(path.join(root, '.cache', 'clips'));
  if (clip === undefined) return;
  const flowFile = path.join(folder, 'flows.json');
  const flow = JSON.parse(fs.readFileSync(flowFile, 'utf8'));
  for (const node of flow) {
    if (node.type === 'alpr-camera-in') Object.assign(node, { source: 'video', path: clip });
  }
  fs.writeFileSync(flowFile, JSON.stringify(flow, null, 2));
}

/** The first free loopback port from `first` on. */
async function freePort(first) {
  for (let port = first; port < first + 50; port++) {
    const free = await new Promise((resolve) => {
      const server = net.createServer();
      server.once('error', () => resolve(false));
      server.listen(port, HOST, () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  console.error(`No free port from ${first} to ${first + 49}.`);
  process.exit(1);
}

function startNodeRed(folder, port) {
  const red = path.join(path.dirname(createRequire(import.meta.url).resolve('node-red/package.json')), 'red.js');
  const child = spawn(
    process.execPath,
    [red, '-u', folder, '-s', path.join(folder, 'settings.js'), '-p', String(port)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  child.stdout.on('data', (data) => {
    process.stdout.write(data);
    if (String(data).includes('Started flows')) announce(port);
  });
  child.on('exit', (code) => process.exit(code ?? 0));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
}

function announce(port) {
  const ffmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
  console.log(`
  Plateflow is reading the sample.

    Live page   http://${HOST}:${port}/alpr
    Editor      http://${HOST}:${port}/

  Open the editor's debug sidebar (the bug) to see the plates as messages. Ctrl+C stops the demo.${
    ffmpeg
      ? ''
      : `

  ffmpeg was not found, so the demo shows single pictures instead of the clip. To get it:
    Debian, Ubuntu, Raspberry Pi OS: sudo apt install ffmpeg    macOS: brew install ffmpeg    Windows: winget install ffmpeg`
  }
`);
}
