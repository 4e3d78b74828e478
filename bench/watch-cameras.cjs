// Preloaded into a real Node-RED by cameras.ts: counts frames and events per camera, and takes the time from a frame's arrival to
// its way through the cascade. Questions of the parent: {do: 'report'}, {do: 'start' | 'stop'} for all cameras.
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { isMainThread } = require('node:worker_threads');

const RESOLUTION_MS = 10;

if (isMainThread && process.send !== undefined) watchCameras();

function watchCameras() {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const nodes = new Map();
  /** By frame: when it was sent, and ms that networks computed for it. */
  const frames = new Map();
  let cameras = {};
  let passed = [];
  let since = performance.now();
  let cpu = process.cpuUsage();

  meterNetworks(frames);
  require('node-red').hooks.add('onSend.alpr-bench', (sends) => {
    for (const { msg, source } of sends) {
      const { node, port } = source;
      if (node.type === 'alpr-camera-in') {
        nodes.set(node.id, node);
        if (port === 0 && msg.frame) sent(msg.frame);
        else if (port === 1) camera(msg.payload.camera).report = msg.payload;
      } else if (node.type === 'alpr-lprnet-read' && msg.frame) {
        read(msg);
      } else if (node.type === 'alpr-plate-out' && port === 0 && msg.payload.event === 'provisional') {
        told(msg);
      }
    }
  });

  function camera(id) {
    return (cameras[id] ??= { sent: 0 });
  }

  function sent(frame) {
    camera(frame.cameraId).sent++;
    frames.set(frame.id, { arrived: frame.timestamp, at: Date.now(), network: 0 });
    // Those that brought no event.
    if (frames.size > 1000) frames.delete(frames.keys().next().value);
  }

  function read({ frame, plates }) {
    const known = frames.get(frame.id);
    if (!known) return;
    const now = Date.now();
    known.entry = {
      camera: frame.cameraId,
      waited: known.at - known.arrived,
      inFlow: now - known.at,
      network: known.network,
      plates: plates.length,
    };
    passed.push(known.entry);
  }

  function told({ frame }) {
    const known = frame && frames.get(frame.id);
    if (known?.entry) known.entry.event = Date.now() - known.arrived;
  }

  function report() {
    const now = performance.now();
    const used = process.cpuUsage(cpu);
    const delay = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const result = {
      seconds: (now - since) / 1000,
      cameras,
      passed,
      delay: { p50: delay(histogram.percentile(50)), p99: delay(histogram.percentile(99)), max: delay(histogram.max) },
      cpu: (used.user + used.system) / 1000 / (now - since),
    };
    histogram.reset();
    passed = [];
    // The latest report stays known: a camera that is well says nothing new.
    cameras = Object.fromEntries(Object.entries(cameras).map(([id, { report }]) => [id, { sent: 0, report }]));
    since = now;
    cpu = process.cpuUsage();
    return result;
  }

  histogram.enable();
  process.on('message', (question) => {
    if (question.do !== 'report') for (const node of nodes.values()) node.receive({ payload: question.do });
    process.send(question.do === 'report' ? report() : {});
  });
  process.on('disconnect', () => {
    require('node-red')
      .stop()
      .finally(() => process.exit(0));
  });
}

/** Every run of a network is counted for its frame. */
function meterNetworks(frames) {
  const { DeviceHandle } = require('../dist/src/node-red/device-handle.js');
  const { open } = DeviceHandle.prototype;
  DeviceHandle.prototype.open = async function (model) {
    const network = await open.call(this, model);
    return {
      ...network,
      async run(request) {
        const response = await network.run(request);
        const frame = frames.get(request.source.id);
        if (frame) frame.network += response.timings.infer;
        return response;
      },
    };
  };
}
