import { fillTensor } from '../../image/tensor.js';
import type { ViewTransform } from '../../image/transform.js';
import type { RunOptions, View, ViewResult } from '../device.js';
import { decodeView } from '../request/decode-view.js';
import { inputSize } from '../request/input-size.js';
import type { SharedPicture } from '../request/shared-picture.js';
import type { CpuSession } from './session.js';

/**
 * Pixels and pictures per run at most. ONNX Runtime keeps the memory of its largest run for ever, and one thread gains nothing
 * from larger batches: plates go in one run, crops of vehicles two by two, whole frames one by one.
 */
const LARGEST_BATCH_PIXELS = 640 * 640;
const LARGEST_BATCH = 16;

export interface Inferred {
  /** One per view, in their order. */
  results: ViewResult[];
  /** ms */
  timings: { prepare: number; infer: number; decode: number };
}

/** Shows the views to the network, as many in one run as it takes, and decodes what it says. */
export async function infer(
  session: CpuSession,
  source: SharedPicture,
  wishedViews: readonly View[],
  options: RunOptions,
): Promise<Inferred> {
  const { manifest } = session;
  const size = inputSize(manifest, options.inputSize);
  const wholeFrame: View = { box: { x1: 0, y1: 0, x2: source.width, y2: source.height } };
  const views = wishedViews.length > 0 ? wishedViews : [wholeFrame];
  const single = !session.batch || manifest.output.decoder === 'tensors';
  const fitting = Math.floor(LARGEST_BATCH_PIXELS / (size.width * size.height));
  const perRun = single ? 1 : Math.min(LARGEST_BATCH, Math.max(1, fitting));
  const pixels = {
    // The whole buffer: what lies behind the picture lets fillTensor read four bytes at a time without a copy.
    pixels: new Uint8Array(source.buffer),
    width: source.width,
    height: source.height,
  };
  const results: ViewResult[] = [];
  const timings = { prepare: 0, infer: 0, decode: 0 };
  const pictureLength = size.width * size.height * 3;

  for (let first = 0; first < views.length; first += perRun) {
    const count = Math.min(perRun, views.length - first);
    const started = performance.now();
    const tensor = session.inputTensor(count, size);
    const transforms: ViewTransform[] = [];
    for (let i = 0; i < count; i++) {
      transforms.push(fillTensor(pixels, views[first + i] as View, manifest.input, size, tensor, i * pictureLength));
    }
    const prepared = performance.now();
    const outputs = await session.run(tensor, count, size);
    const inferred = performance.now();
    for (let i = 0; i < count; i++) {
      const picture = { index: i, count, transform: transforms[i] as ViewTransform };
      results.push(decodeView(manifest, outputs, picture, source, size, options));
    }
    timings.prepare += prepared - started;
    timings.infer += inferred - prepared;
    timings.decode += performance.now() - inferred;
  }
  return { results, timings };
}
