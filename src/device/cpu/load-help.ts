/** One library that did not load. */
export interface LoadFailure {
  packageName: string;
  reason: string;
}

export interface Platform {
  /** `linux`, `darwin`, `win32`. */
  os: string;
  /** `x64`, `arm64`, `arm`. */
  cpu: string;
  /** Of Linux: decides which native libraries can load. */
  libc?: 'glibc' | 'musl';
  node: string;
}

/** The machine this runs on. */
export function thisPlatform(): Platform {
  const platform: Platform = { os: process.platform, cpu: process.arch, node: process.versions.node };
  if (process.platform === 'linux') platform.libc = hasGlibc() ? 'glibc' : 'musl';
  return platform;
}

/** Node's diagnostic report names the C library's version only where it is glibc. */
function hasGlibc(): boolean {
  const report = process.report as unknown as { excludeNetwork?: boolean; getReport(): { header: object } };
  const before = report.excludeNetwork;
  try {
    // Without this the report looks up every open connection's name, which may take seconds.
    report.excludeNetwork = true;
    return 'glibcVersionRuntime' in report.getReport().header;
  } catch {
    return true;
  } finally {
    if (before !== undefined) report.excludeNetwork = before;
  }
}

/** One message that lists what was tried, why each failed, and what a person can do on this platform. */
export function helpOnLoadFailure(failures: readonly LoadFailure[], preference: string, platform: Platform): string {
  const where = [platform.os, platform.libc === 'musl' ? 'musl' : '', platform.cpu].filter(Boolean).join('-');
  const tried = failures.map(({ packageName, reason }) => `- ${packageName}: ${reason}`);
  const steps = whatToDo(failures, preference, platform).map((step) => `- ${step}`);
  return [
    `Expected ONNX Runtime to load on ${where} (Node.js ${platform.node}) but it did not`,
    'Tried:',
    ...tried,
    'What to do:',
    ...steps,
  ].join('\n');
}

function whatToDo(failures: readonly LoadFailure[], preference: string, platform: Platform): string[] {
  const steps: string[] = [];
  const triedNative = failures.some(({ packageName }) => packageName === 'onnxruntime-node');
  const triedWasm = failures.some(({ packageName }) => packageName === 'onnxruntime-web');
  if (preference === 'native') {
    steps.push("Set the device's runtime to automatic: the WASM build is slower and works on every platform");
  }
  if (triedNative && hasNativeBuild(platform)) {
    steps.push(
      'Install the native library in the Node-RED user directory: npm install onnxruntime-node --onnxruntime-node-install=skip',
    );
    if (platform.os === 'linux') steps.push('The native library needs glibc 2.28 or newer (ldd --version shows it)');
    if (platform.os === 'win32') steps.push('The native library needs the Microsoft Visual C++ 2019 runtime or newer');
  }
  if (triedNative && platform.libc === 'musl') {
    steps.push('For the native library use an image with glibc, such as nodered/node-red:latest-debian');
  }
  if (triedWasm) steps.push('Install the package again, with its dependency: npm install onnxruntime-web');
  return steps;
}

function hasNativeBuild({ os, cpu, libc }: Platform): boolean {
  if (libc === 'musl') return false;
  return ['linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64', 'darwin-arm64'].includes(`${os}-${cpu}`);
}
