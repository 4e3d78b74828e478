import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../src/models/manifest';

/** A folder of its own for the models of one test file. */
export class ModelFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'alpr-models-'));

  /** Writes an ONNX file and gives the manifest that belongs to it. */
  add(name: string, onnx: Uint8Array, rest: Pick<Manifest, 'input' | 'output'> & Partial<Manifest>): Manifest {
    const file = `${name}.onnx`;
    writeFileSync(join(this.path, file), onnx);
    const sha256 = createHash('sha256').update(onnx).digest('hex');
    return {
      manifestVersion: 1,
      name,
      title: name,
      task: 'generic',
      version: '1',
      files: { onnx: { file, sha256, size: onnx.length } },
      licence: 'MIT',
      source: 'built in a test',
      directory: this.path,
      ...rest,
    };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A picture in shared memory, as frames are. */
export function sharedPicture(width: number, height: number, rgb: ArrayLike<number>) {
  if (rgb.length !== width * height * 3) {
    throw new Error(
      `Expected ${width * height * 3} values for a ${width}x${height} picture but received ${rgb.length}`,
    );
  }
  const buffer = new SharedArrayBuffer(width * height * 3);
  new Uint8Array(buffer).set(rgb);
  return { buffer, width, height };
}
