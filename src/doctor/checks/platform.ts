import type { Runtime } from '../../device/cpu/runtime.js';
import { type Examination, hasUsableChip, loadedLibrary } from '../examination.js';
import type { Finding } from '../finding.js';

/** Operating system, processor, C library, Node.js; and whether HailoRT can run there at all. */
export function checkSystem(examination: Examination): Finding {
  const { os, cpu, libc, node } = examination.platform;
  const here = `${[os, cpu, libc].filter(Boolean).join(' ')}, Node.js ${node}`;
  if (!hasUsableChip(examination) || loadedLibrary(examination)) return { id: 'system', level: 'ok', title: here };
  if (!['x64', 'arm64'].includes(cpu)) {
    return {
      id: 'system',
      level: 'error',
      title: `${here}: HailoRT needs a 64-bit system`,
      fix: 'Install a 64-bit operating system and a 64-bit Node.js',
    };
  }
  if (libc === 'musl') {
    return {
      id: 'system',
      level: 'error',
      title: `${here}: HailoRT is built for glibc and does not load on musl (Alpine Linux)`,
      fix: 'Run Node-RED on a system with glibc, in Docker with the image nodered/node-red:latest-debian',
    };
  }
  return { id: 'system', level: 'ok', title: here };
}

/** @param load loads ONNX Runtime as the CPU device would; throws RuntimeError */
export function checkRuntime(load: () => Pick<Runtime, 'kind' | 'version'>): Finding {
  const id = 'cpu-runtime';
  try {
    const { kind, version } = load();
    const title = `Networks on the CPU run on ONNX Runtime ${version} (${kind})`;
    if (kind === 'native') return { id, level: 'ok', title };
    return { id, level: 'info', title: `${title}, which is slower than the native library and works everywhere` };
  } catch (error) {
    // The message is a list: what failed, what was tried, what to do.
    const lines = (error instanceof Error ? error.message : String(error)).split('\n');
    const advice = lines.slice(lines.indexOf('What to do:') + 1).map((line) => line.replace(/^- /, ''));
    const finding: Finding = { id, level: 'error', title: lines[0] ?? '' };
    return lines.includes('What to do:') ? { ...finding, fix: advice.join('; ') } : finding;
  }
}
