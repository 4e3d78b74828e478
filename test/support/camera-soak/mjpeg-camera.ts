import { execFileSync } from 'node:child_process';
import type http from 'node:http';
import { CameraServer, part, stream } from '../camera-server.js';
import { seededRandom } from '../random.js';

/** What is wrong with a camera's pictures. `fuzz`: bits of them are flipped; `halve`: each ends in the middle, its part too. */
export type MjpegFault = 'none' | 'silent' | 'fuzz' | 'halve';

/** An MJPEG camera over HTTP that can be made to misbehave. Same seed, same faults. */
export class MjpegCamera {
  fault: MjpegFault = 'none';
  /** Pictures that were spoiled. */
  spoiled = 0;
  private readonly server = new CameraServer();
  private readonly viewers = new Set<http.ServerResponse>();
  private timer: NodeJS.Timeout | undefined;
  private pictures: Buffer[] = [];
  private next = 0;
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  async start(file: string, width: number, fps: number): Promise<this> {
    this.pictures = jpegsOf(file, width, fps);
    await this.server.start();
    this.server.on(
      '/video',
      stream('multipart/x-mixed-replace; boundary=frame', (response) => {
        this.viewers.add(response);
        response.once('close', () => this.viewers.delete(response));
      }),
    );
    this.timer = setInterval(() => this.show(), 1000 / fps);
    return this;
  }

  get url(): string {
    return this.server.url('/video');
  }

  disconnect(): void {
    for (const viewer of this.viewers) viewer.destroy();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.server.close();
  }

  private show(): void {
    if (this.fault === 'silent') return;
    const jpeg = this.pictures[this.next++ % this.pictures.length]!;
    const bytes = part(this.spoil(jpeg));
    for (const viewer of this.viewers) viewer.write(bytes);
  }

  private spoil(jpeg: Buffer): Buffer {
    if (this.fault === 'none' || this.random() < 0.3) return jpeg;
    this.spoiled++;
    if (this.fault === 'halve') return jpeg.subarray(0, Math.floor(jpeg.length / 2));
    const copy = Buffer.from(jpeg);
    for (let flips = 1 + Math.floor(this.random() * 40); flips > 0; flips--) {
      const at = Math.floor(this.random() * copy.length);
      copy[at] = copy[at]! ^ (1 << Math.floor(this.random() * 8));
    }
    return copy;
  }
}

/** The first two seconds of a video. */
function jpegsOf(file: string, width: number, fps: number): Buffer[] {
  const output = [
    '-t',
    '2',
    '-vf',
    `fps=${fps},scale=${width}:-2`,
    '-q:v',
    '4',
    '-f',
    'image2pipe',
    '-c:v',
    'mjpeg',
    '-',
  ];
  const all = execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, ...output], { maxBuffer: 2 ** 28 });
  const start = Buffer.from([0xff, 0xd8, 0xff]);
  const pictures: Buffer[] = [];
  for (let from = 0; from < all.length;) {
    const next = all.indexOf(start, from + 3);
    const to = next < 0 ? all.length : next;
    pictures.push(all.subarray(from, to));
    from = to;
  }
  return pictures;
}
