// Loaded into programs that tests start: a test run that is killed must not leave them behind.
const { setInterval } = require('node:timers');

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 1000).unref();
