import type { Outputs } from '../request/decode-view.js';
import { HailoError } from './errors.js';
import type { GroupHandle, HailoLibrary, InputVstream, NativeBuffer, OutputVstream } from './library/api.js';
import type { NetworkThreadSpec, PlainStreams } from './thread-protocol.js';
import { InputFrames } from './tensors/input-frame.js';
import { outputNames } from './tensors/output-names.js';
import { type OutputTensor, outputTensor, wishedFormatType } from './tensors/output-tensor.js';

/** hailo_status that `set_nms…` gives where the chip, not the host, suppresses (hailort-c-api §7). */
const INVALID_OPERATION = 6;

const LARGE_INPUT = 1 << 20;

interface OpenOutput {
  vstream: OutputVstream;
  /** Lives as long as the vstream: after a timeout the library still writes into it (§8.4). */
  buffer: NativeBuffer;
  tensor: OutputTensor;
  /** What the decoder calls it; undefined when it has no use for it. */
  name: string | undefined;
}

/** The vstreams of one configured network, with their buffers; of the network thread. */
export class NetworkStreams {
  /** Frames that were written and not read yet. */
  private unread = 0;
  /** Whether a write failed: nobody knows then whether the library has that frame. */
  private torn = false;

  private constructor(
    private readonly library: HailoLibrary,
    private readonly input: InputVstream,
    readonly frames: InputFrames,
    private readonly outputs: readonly OpenOutput[],
  ) {}

  /**
   * Frames that may be in the library at a time, and so the length of its queues: one is computed while the next one waits, so
   * that the device never does. Small frames, plates, come many at a time and are soon done.
   */
  static depth({ manifest }: NetworkThreadSpec): number {
    return manifest.input.width * manifest.input.height * 3 > LARGE_INPUT ? 2 : 8;
  }

  /**
   * Opens the vstreams of a group and checks them against the manifest.
   * @throws HailoError when they do not fit it; nothing stays open then
   */
  static open(library: HailoLibrary, group: GroupHandle, spec: NetworkThreadSpec): NetworkStreams {
    const wish = {
      formatType: wishedFormatType,
      timeoutMs: spec.timeoutMs,
      queueSize: NetworkStreams.depth(spec),
    };
    const inputs = library.createInputs(group, wish);
    let outputs: OutputVstream[] = [];
    const buffers: NativeBuffer[] = [];
    try {
      outputs = library.createOutputs(group, wish);
      const { manifest, file } = spec;
      const [input, ...others] = inputs;
      if (!input || others.length > 0) {
        throw new HailoError(
          `Expected one input for the network of ${file} (model ${manifest.name}) but received ${inputs.length}`,
        );
      }
      const where = `${file} (model ${manifest.name})`;
      const frames = InputFrames.of(manifest, input, file);
      const names = outputNames(
        manifest.output,
        outputs.map(({ info }) => info.name),
        where,
      );
      const opened = outputs.map((vstream): OpenOutput => {
        const tensor = outputTensor(vstream, where);
        setThresholds(library, vstream, spec);
        const buffer = library.allocate(vstream.frameSize);
        buffers.push(buffer);
        return { vstream, buffer, tensor, name: names.get(vstream.info.name) };
      });
      return new NetworkStreams(library, input, frames, opened);
    } catch (error) {
      try {
        if (outputs.length > 0) library.releaseOutputs(outputs);
        library.releaseInputs(inputs);
      } catch {
        // Why it could not be opened is the news; what could not be released dies with the vdevice.
      }
      for (const buffer of buffers) buffer.free();
      throw error;
    }
  }

  /** @throws HailoError 4 when the device takes no frame within the timeout, and others */
  write(bytes: Uint8Array): void {
    try {
      this.library.write(this.input, bytes);
    } catch (error) {
      this.torn = true;
      throw error;
    }
    this.unread++;
  }

  /** Reads one frame of every output. @throws HailoError */
  read(): void {
    for (const { vstream, buffer } of this.outputs) this.library.read(vstream, buffer);
    this.unread--;
  }

  /**
   * Whether the library has answered every frame that it was given. If not, the group is of no more use: its low-level streams
   * outlive the vstreams, and what they still hold would be taken for the answer to the next one's first frame.
   */
  get isEmpty(): boolean {
    return this.unread === 0 && !this.torn;
  }

  /** What the last `read` brought, under the decoder's names; valid until the next one. */
  tensors(): Outputs {
    const tensors: Outputs = {};
    for (const { tensor, buffer, name } of this.outputs) {
      if (name !== undefined) tensors[name] = tensor.view(buffer.bytes);
    }
    return tensors;
  }

  /**
   * Outputs, then inputs, then the memory. Where a release fails the memory is never given back: nobody knows whether the library
   * still writes into it.
   */
  release(): void {
    try {
      this.library.releaseOutputs(this.outputs.map(({ vstream }) => vstream));
    } finally {
      this.library.releaseInputs([this.input]);
    }
    for (const { buffer } of this.outputs) buffer.free();
  }

  get plain(): PlainStreams {
    return { inputs: [this.input], outputs: this.outputs.map(({ vstream }) => vstream) };
  }
}

/** The manifest's thresholds, once: they hold from the first frame on. A request's own, stricter ones are applied when decoding. */
function setThresholds(library: HailoLibrary, vstream: OutputVstream, { manifest }: NetworkThreadSpec): void {
  if (!vstream.info.nms) return;
  const { confidence, iou } = manifest.thresholds ?? {};
  const thresholds: { score?: number; iou?: number } = {};
  if (confidence !== undefined) thresholds.score = confidence;
  if (iou !== undefined) thresholds.iou = iou;
  if (Object.keys(thresholds).length === 0) return;
  try {
    library.setNmsThresholds(vstream, thresholds);
  } catch (error) {
    if (!(error instanceof HailoError && error.status === INVALID_OPERATION)) throw error;
  }
}
