// Preloaded into a real Node-RED (node --require) by node-red.ts: answers every message from its parent with a Report of what
// happened since the last one. Plain JavaScript, so that no compiler shares the process whose memory is measured.
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { isMainThread } = require('node:worker_threads');

const RESOLUTION_MS = 10;

if (isMainThread && process.send !== undefined) watchNodeRed();

function watchNodeRed() {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const started = new Map();
  let counts = noCounts();
  let since = performance.now();
  let cpu = process.cpuUsage();

  // The same module that red.js is about to start.
  require('node-red').hooks.add('onSend.alpr-bench', (events) => {
    // A message on several wires is one event per wire; the first stands for all of them.
    const event = events[0];
    const id = event?.msg.frame?.id;
    const type = event?.source.node.type;
    if (type === 'alpr-plate-out' && event.source.port === 0) counts.events++;
    if (id === undefined) return;
    if (type === 'alpr-camera-in') {
      counts.sent++;
      started.set(id, performance.now());
    } else if (type === 'alpr-lprnet-read') {
      counts.read++;
    } else if (type === 'alpr-overlay') {
      counts.drawn++;
      counts.latency += performance.now() - (started.get(id) ?? NaN);
      started.delete(id);
    }
  });

  function report() {
    const now = performance.now();
    const used = process.cpuUsage(cpu);
    const memory = process.memoryUsage();
    const delay = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const resources = {};
    for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
    const result = {
      seconds: (now - since) / 1000,
      ...counts,
      latency: counts.drawn === 0 ? 0 : counts.latency / counts.drawn,
      delay: { p50: delay(histogram.percentile(50)), p99: delay(histogram.percentile(99)), max: delay(histogram.max) },
      rss: memory.rss,
      heap: memory.heapUsed,
      external: memory.external,
      resources,
      cpu: (used.user + used.system) / 1000 / (now - since),
    };
    histogram.reset();
    counts = noCounts();
    since = now;
    cpu = process.cpuUsage();
    return result;
  }

  histogram.enable();
  process.on('message', () => process.send(report()));
  // In good order: ending a process in the middle of a network's run aborts it.
  process.on('disconnect', () => {
    require('node-red')
      .stop()
      .finally(() => process.exit(0));
  });
}

function noCounts() {
  return { sent: 0, read: 0, drawn: 0, events: 0, latency: 0 };
}
