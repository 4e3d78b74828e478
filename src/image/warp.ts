import { AVERAGE_ABOVE } from './axis.js';
import type { ChannelTables, Sink } from './sink.js';
import type { PlacedView, Size } from './view.js';

/** Most points looked at along one axis of an output pixel; plates are small, more would not be seen. */
const MOST_POINTS = 6;

/**
 * Cuts a quad out of the frame and straightens it: each output pixel looks up its points in the frame through the view's
 * homography, bilinearly. Where the quad is larger than the output, several points per output pixel are averaged, spread
 * evenly over it, about one for each frame pixel. Points outside the frame count as `fill` (8-bit RGB).
 */
export function warp(
  source: DataView,
  frame: Size,
  view: PlacedView,
  size: Size,
  fill: readonly [number, number, number],
  sink: Sink,
  tables: ChannelTables,
): void {
  const { target, pixelStride, rowStride } = sink;
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0, m6 = 0, m7 = 0, m8 = 1] = view.transform.matrix;
  const { content } = view;
  const across = pointsFor(view.shrinkX);
  const down = pointsFor(view.shrinkY);
  const stepX = 1 / across;
  const stepY = 1 / down;
  // Sums are kept in 256ths of a byte.
  const toByte = 1 / (256 * across * down);
  const { width, height } = frame;
  const stride = width * 3;
  const right = width - 0.5;
  const bottom = height - 0.5;
  const fillRed = fill[0] * 256;
  const fillGreen = fill[1] * 256;
  const fillBlue = fill[2] * 256;
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      const isContent = x + 0.5 >= content.x1 && x + 0.5 < content.x2 && y + 0.5 >= content.y1 && y + 0.5 < content.y2;
      for (let j = 0; j < down; j++) {
        const py = y + (j + 0.5) * stepY;
        const rowX = m1 * py + m2;
        const rowY = m4 * py + m5;
        const rowW = m7 * py + m8;
        for (let i = 0; i < across; i++) {
          const px = x + (i + 0.5) * stepX;
          const w = 1 / (m6 * px + rowW);
          const fx = (m0 * px + rowX) * w;
          const fy = (m3 * px + rowY) * w;
          if (!(isContent && w > 0 && fx >= 0 && fx < width && fy >= 0 && fy < height)) {
            red += fillRed;
            green += fillGreen;
            blue += fillBlue;
            continue;
          }
          const cx = fx < 0.5 ? 0 : fx > right ? width - 1 : fx - 0.5;
          const cy = fy < 0.5 ? 0 : fy > bottom ? height - 1 : fy - 0.5;
          const left = cx | 0;
          const top = cy | 0;
          const wx = ((cx - left) * 256 + 0.5) | 0;
          const wy = ((cy - top) * 256 + 0.5) | 0;
          const p0 = top * stride + left * 3;
          const p1 = left + 1 < width ? p0 + 3 : p0;
          const below = top + 1 < height ? stride : 0;
          const p = source.getUint32(p0, true) | 0;
          const q = source.getUint32(p1, true) | 0;
          const r = source.getUint32(p0 + below, true) | 0;
          const s = source.getUint32(p1 + below, true) | 0;
          const w3 = wx * wy;
          const w2 = (wy << 8) - w3;
          const w1 = (wx << 8) - w3;
          const w0 = 65536 - w1 - w2 - w3;
          red += ((p & 255) * w0 + (q & 255) * w1 + (r & 255) * w2 + (s & 255) * w3) >> 8;
          green += (((p >> 8) & 255) * w0 + ((q >> 8) & 255) * w1 + ((r >> 8) & 255) * w2 + ((s >> 8) & 255) * w3) >> 8;
          blue +=
            (((p >> 16) & 255) * w0 + ((q >> 16) & 255) * w1 + ((r >> 16) & 255) * w2 + ((s >> 16) & 255) * w3) >> 8;
        }
      }
      const at = y * rowStride + x * pixelStride;
      target[sink.red + at] = tables.red[(red * toByte + 0.5) | 0]!;
      target[sink.green + at] = tables.green[(green * toByte + 0.5) | 0]!;
      target[sink.blue + at] = tables.blue[(blue * toByte + 0.5) | 0]!;
    }
  }
}

function pointsFor(shrink: number): number {
  return shrink <= AVERAGE_ABOVE ? 1 : Math.min(MOST_POINTS, Math.max(2, Math.round(shrink)));
}
