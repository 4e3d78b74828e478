import type { Network, RunRequest, RunResponse, ViewResult } from '../../src/device/device.js';
import type { Detection, Reading } from '../../src/detection/types.js';
import { Frame } from '../../src/frame/frame.js';
import type { PixelLease } from '../../src/frame/lease.js';
import type { Manifest } from '../../src/models/manifest.js';

/** A frame of grey pixels that belongs to no pool. */
export function testFrame(width = 1000, height = 500, sequence = 0): Frame {
  const buffer = new SharedArrayBuffer(width * height * 3);
  const lease = Object.assign(() => buffer, {
    retain: () => undefined,
    release: () => undefined,
    keep: () => undefined,
    holders: 0,
    onIdle: (callback: () => void) => setImmediate(callback),
  }) as PixelLease;
  return new Frame(
    { id: `cam#${sequence}`, cameraId: 'cam', sequence, timestamp: 1000 + sequence, width, height },
    lease,
  );
}

export function detection(x1: number, y1: number, x2: number, y2: number, confidence = 0.9): Detection {
  return { box: { x1, y1, x2, y2 }, confidence, classId: 0, label: 'thing' };
}

/** A reading that is as sure as its weakest character; all have the same confidence, unless the first is said to be weak. */
export function reading(text: string, confidence = 0.95, weakest = confidence): Reading {
  const characters = [...text].map((character, index) => ({
    text: character,
    confidence: index === 0 ? weakest : confidence,
  }));
  if (text === '') return { text, confidence: 0, characters, candidates: [], lines: 0 };
  return { text, confidence: weakest, characters, candidates: [{ text, confidence: weakest }], lines: 1 };
}

/** A network that answers what the test says and remembers what it was asked. */
export class FakeNetwork implements Network {
  readonly requests: RunRequest[] = [];
  readonly manifest: Manifest;

  constructor(
    private readonly answer: (request: RunRequest) => ViewResult[],
    input: Partial<Manifest['input']> = {},
  ) {
    this.manifest = {
      manifestVersion: 1,
      name: 'fake',
      title: 'fake',
      task: 'generic',
      version: '1',
      files: {},
      input: { width: 640, height: 640, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'letterbox', ...input },
      output: { decoder: 'tensors' },
      licence: 'MIT',
      source: 'test',
    };
  }

  async run(request: RunRequest): Promise<RunResponse> {
    this.requests.push(request);
    return { results: this.answer(request), timings: { queue: 0, prepare: 0, infer: 0, decode: 0 } };
  }

  async close(): Promise<void> {}
}
