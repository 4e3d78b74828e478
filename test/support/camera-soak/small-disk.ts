import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder on a file system of its own of a few megabytes (tmpfs), which can be filled up. Mounting it needs root. */
export class SmallDisk {
  private readonly filler: string;

  private constructor(
    readonly folder: string,
    /** False: an ordinary folder, because mounting was refused. */
    readonly canBeFilled: boolean,
  ) {
    this.filler = join(folder, 'filler');
  }

  static make(megabytes: number): SmallDisk {
    const folder = mkdtempSync(join(tmpdir(), 'alpr-small-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' });
      return new SmallDisk(folder, true);
    } catch {
      return new SmallDisk(folder, false);
    }
  }

  /** Until not one byte more fits. */
  fill(): void {
    const file = openSync(this.filler, 'a');
    try {
      for (let size = 65_536; size >= 1;) {
        try {
          if (writeSync(file, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
        } catch {
          size = Math.floor(size / 2);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.filler, { force: true });
  }

  remove(): void {
    if (this.canBeFilled) execFileSync('umount', ['--lazy', this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
