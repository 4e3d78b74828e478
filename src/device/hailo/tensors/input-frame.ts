import { fillTensor } from '../../../image/tensor.js';
import { placeView } from '../../../image/view.js';
import type { ViewTransform } from '../../../image/transform.js';
import type { Manifest } from '../../../models/manifest.js';
import type { View } from '../../device.js';
import type { SharedPicture } from '../../request/shared-picture.js';
import { HailoError } from '../errors.js';
import { FormatOrder, FormatType, type InputVstream } from '../library/api.js';
import { rgb4RowBytes, rgbToNv12, rgbToRgb4, rgbToYuy2 } from './yuv.js';

/** One frame as the vstream wants it, and how its pixels map back to the picture's. */
export interface InputFrame {
  bytes: Uint8Array;
  transform: ViewTransform;
}

interface Packing {
  name: string;
  /** Of a frame. */
  bytes: (width: number, height: number) => number;
  /** Of the shape that the vstream gives; NV12's height is left to the library (half or whole, as the version likes). */
  features: readonly number[];
  evenWidth?: boolean;
  evenHeight?: boolean;
  /** Missing: RGB bytes as they are. */
  pack?: (rgb: Uint8Array, width: number, height: number, target: Uint8Array) => void;
}

const rgb: Packing = { name: 'RGB', bytes: (w, h) => w * h * 3, features: [3] };

/** FCR and F8CR are orders of the chip; the caller's side of them is rows of pixels, as with NHWC (hailort.h). */
const packings: Partial<Record<number, Packing>> = {
  [FormatOrder.NHWC]: rgb,
  [FormatOrder.FCR]: rgb,
  [FormatOrder.F8CR]: rgb,
  [FormatOrder.RGB888]: rgb,
  [FormatOrder.YUY2]: { name: 'YUY2', bytes: (w, h) => w * h * 2, features: [2], evenWidth: true, pack: rgbToYuy2 },
  [FormatOrder.NV12]: {
    name: 'NV12',
    bytes: (w, h) => (w * h * 3) / 2,
    features: [3],
    evenWidth: true,
    evenHeight: true,
    pack: rgbToNv12,
  },
  [FormatOrder.RGB4]: { name: 'RGB4', bytes: (w, h) => rgb4RowBytes(w) * h, features: [3], pack: rgbToRgb4 },
};

/** Makes the frames of one input vstream; one per network thread, it keeps its memory between frames. */
export class InputFrames {
  private readonly rgb: Uint8Array;
  private readonly packed: Uint8Array;

  private constructor(
    /** As `manifestForHef` gives it. */
    private readonly manifest: Manifest,
    private readonly packing: Packing,
  ) {
    const { width, height } = manifest.input;
    this.rgb = new Uint8Array(width * height * 3);
    this.packed = packing.pack ? new Uint8Array(packing.bytes(width, height)) : this.rgb;
  }

  /**
   * Checks the HEF's input against the manifest.
   * @param manifest as `manifestForHef` gives it
   * @param file named in errors
   * @throws HailoError when the network wants another size, or pixels that we cannot make
   */
  static of(manifest: Manifest, vstream: InputVstream, file: string): InputFrames {
    const { info, format, frameSize } = vstream;
    const where = `input ${info.name} of ${file} (model ${manifest.name})`;
    const packing = packings[format.order];
    if (!packing) {
      throw new HailoError(
        `Expected NHWC, RGB888, RGB4, YUY2 or NV12 (format order 1, 10, 17, 12 or 13) for ${where} but received ` +
          `order ${format.order}: compile the network for RGB pictures`,
      );
    }
    if (format.type !== FormatType.UINT8) {
      throw new HailoError(`Expected bytes (format type 1) for ${where} but received type ${format.type}`);
    }
    const { shape } = info;
    const { width, height } = manifest.input;
    const wrongHeight = packing.name !== 'NV12' && shape?.height !== height;
    if (!shape || shape.width !== width || wrongHeight) {
      throw new HailoError(
        `Expected ${width}x${height} pixels, as the manifest says, for ${where} but the file's network takes ` +
          `${shape ? `${shape.width}x${shape.height}` : 'no picture'}: ` +
          'set hef.input.width and hef.input.height in the manifest to what the file takes, or use the file that belongs to it',
      );
    }
    if (!packing.features.includes(shape.features)) {
      throw new HailoError(
        `Expected ${packing.features.join(' or ')} channels for ${where} (${packing.name}) but received ${shape.features}`,
      );
    }
    if ((packing.evenWidth && width % 2 !== 0) || (packing.evenHeight && height % 2 !== 0)) {
      throw new HailoError(`Expected even sides for ${where} (${packing.name}) but received ${width}x${height}`);
    }
    if (frameSize !== packing.bytes(width, height)) {
      throw new HailoError(
        `Expected ${packing.bytes(width, height)} bytes for ${where} (${width}x${height} ${packing.name}) ` +
          `but the library wants ${frameSize}`,
      );
    }
    return new InputFrames(manifest, packing);
  }

  /**
   * One view of a picture. The bytes are valid until the next call: `write` copies them (hailort-c-api §8.2).
   * @param view undefined shows the whole picture
   * @throws ImageError for coordinates that are not finite
   */
  make(source: SharedPicture, view: View | undefined): InputFrame {
    const { manifest, packing } = this;
    const { width, height } = manifest.input;
    const size = { width, height };
    if (this.isFrameItself(source, view)) {
      const bytes = new Uint8Array(source.buffer, 0, width * height * 3);
      return { bytes, transform: placeView(undefined, source, manifest.input.fit, size).transform };
    }
    const picture = {
      // The whole buffer: what lies behind the picture lets fillTensor read four bytes at a time without a copy.
      pixels: new Uint8Array(source.buffer),
      width: source.width,
      height: source.height,
    };
    // A chip that converts colours does so to what its network was trained on: it wants a true picture.
    const input =
      packing.pack && packing.name !== 'RGB4' ? { ...manifest.input, colour: 'RGB' as const } : manifest.input;
    const transform = fillTensor(picture, view, input, size, this.rgb, 0);
    packing.pack?.(this.rgb, width, height, this.packed);
    return { bytes: this.packed, transform };
  }

  /** Whether the network takes the picture's own bytes: `write` then reads from the frame's shared memory, nothing is copied here. */
  private isFrameItself(source: SharedPicture, view: View | undefined): boolean {
    const { width, height, colour } = this.manifest.input;
    if (source.width !== width || source.height !== height || colour !== 'RGB') return false;
    if (this.packing.bytes(width, height) !== width * height * 3) return false;
    if (view === undefined) return true;
    if (!('box' in view) || (view.margin ?? 0) !== 0) return false;
    const { x1, y1, x2, y2 } = view.box;
    return x1 === 0 && y1 === 0 && x2 === width && y2 === height;
  }
}
