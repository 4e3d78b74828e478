// Preloaded into a real Node-RED by probe.ts: tells what its cameras send and how it is, over one connection, and does what it is
// told. Plain JavaScript, so that no compiler shares the process that is measured.
const net = require('node:net');
const { dirname, join } = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
const { setTimeout } = require('node:timers');
const { BroadcastChannel, isMainThread } = require('node:worker_threads');

const { ALPR_SOAK_PORT, ALPR_SOAK_PACKAGE, ALPR_SOAK_HURRY } = process.env;

letClockJump();
// Programs that Node-RED starts inherit the preload; only red.js is of interest.
if (isMainThread && process.argv[1]?.endsWith('red.js')) observe();

/** Dates of this thread are off by what the others say; timers and performance.now go on. */
function letClockJump() {
  const RealDate = Date;
  let offset = 0;
  globalThis.Date = class Date extends RealDate {
    constructor(...given) {
      if (given.length === 0) super(RealDate.now() + offset);
      else super(...given);
    }
    static now() {
      return RealDate.now() + offset;
    }
  };
  const channel = new BroadcastChannel('alpr-soak-clock');
  channel.onmessage = ({ data }) => (offset = data);
  channel.unref();
  globalThis.alprSoakClock = (ms) => {
    offset = ms;
    channel.postMessage(ms);
  };
}

function observe() {
  const socket = net.connect(Number(ALPR_SOAK_PORT), '127.0.0.1');
  // Who asked is gone: so are we.
  socket.on('error', () => undefined).on('close', () => process.exit(1));
  const tell = (line) => socket.write(`${JSON.stringify(line)}\n`);
  const cameras = new Map();
  // The same module that red.js is about to start.
  const red = require(join(dirname(process.argv[1]), 'lib', 'red.js'));

  red.hooks.add('onSend.alpr-soak', (sends) => {
    for (const { msg, source } of sends) {
      const { node, port } = source;
      if (node.type === 'alpr-camera-in') {
        cameras.set(node.id, node);
        if (port === 1) tell({ kind: 'report', report: msg.payload });
        else if (msg.frame) {
          const { cameraId, width, height, timestamp } = msg.frame;
          tell({ kind: 'frame', camera: cameraId, width, height, timestamp });
        }
      } else if (node.type === 'alpr-plate-log' && port === 0) tell({ kind: 'logged', id: msg.payload.id });
      else if (node.type === 'catch') tell({ kind: 'error', node: msg.error.source.id, message: msg.error.message });
    }
  });
  red.hooks.add('onReceive.alpr-soak', ({ msg, destination }) => {
    if (destination.node?.type === 'alpr-plate-log') tell({ kind: 'given', id: msg.payload.id });
  });
  red.events.on('node-status', ({ id, status }) => tell({ kind: 'status', node: id, text: status.text ?? '' }));

  const pool = () => require(join(ALPR_SOAK_PACKAGE, 'dist/src/frame/pool.js')).framePool().stats();
  hurry(Number(ALPR_SOAK_HURRY));
  let begun = 0;
  process.on('worker', () => begun++);

  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');
  let rest = '';
  socket.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) void obey(JSON.parse(line));
  });

  async function obey(order) {
    if (order.do === 'clock') globalThis.alprSoakClock(order.ms);
    if (order.do === 'cameras') for (const node of cameras.values()) node.receive({ payload: order.payload });
    if (order.do !== 'measure') return tell({ kind: 'answer', value: null });
    // Finalizers run between turns, and may free what holds others.
    for (let turn = 0; turn < 3 || (turn < 40 && pool().outstanding > 0); turn++) {
      collect();
      await new Promise((next) => setTimeout(next, 50));
    }
    // As it happens by itself some seconds after threads have ended.
    await require(join(ALPR_SOAK_PACKAGE, 'dist/src/device/pool/memory-return.js'))
      .mallocTrim()
      .catch(() => undefined);
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const resources = {};
    for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
    tell({ kind: 'answer', value: { rss, heap: heapUsed, heapTotal, external, resources, pool: pool(), begun } });
  }
}

/** Waits between attempts shorter by this factor, so that a minute holds many faults. */
function hurry(factor) {
  if (!(factor > 1)) return;
  const { BackOff } = require(join(ALPR_SOAK_PACKAGE, 'dist/src/sources/live/back-off.js'));
  const { after } = BackOff.prototype;
  BackOff.prototype.after = function (error) {
    return after.call(this, error) / factor;
  };
}
