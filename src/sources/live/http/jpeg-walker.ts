/** Where the walk came to: behind the picture's end, or behind the start of another picture that cut this one off. */
export interface WalkEnd {
  kind: 'end' | 'start';
  /** Index of the first byte behind the marker. */
  at: number;
}

/**
 * Follows the structure of one JPEG (ITU-T T.81, annex B) as its bytes come, from behind its start marker to its end marker.
 * Segments are passed over by their length, so the thumbnail in a camera's EXIF data does not look like an end or a start.
 * Bytes between segments that belong to none are forgiven, as decoders do.
 */
export class JpegWalker {
  private state: 'data' | 'code' | 'length' | 'length2' | 'skip' = 'data';
  private left = 0;

  /** @returns undefined when the picture goes on behind these bytes */
  walk(bytes: Uint8Array, from: number): WalkEnd | undefined {
    let i = from;
    while (i < bytes.length) {
      switch (this.state) {
        case 'data': {
          const marker = bytes.indexOf(0xff, i);
          if (marker < 0) return undefined;
          i = marker + 1;
          this.state = 'code';
          break;
        }
        case 'code': {
          const code = bytes[i++]!;
          if (code === 0xd8) return { kind: 'start', at: i };
          if (code === 0xd9) return { kind: 'end', at: i };
          if (code !== 0xff) this.state = hasLength(code) ? 'length' : 'data';
          break;
        }
        case 'length':
          this.left = bytes[i++]! << 8;
          this.state = 'length2';
          break;
        case 'length2':
          // The two bytes of the length count, too.
          this.left += bytes[i++]! - 2;
          this.state = this.left > 0 ? 'skip' : 'data';
          break;
        case 'skip': {
          const count = Math.min(this.left, bytes.length - i);
          i += count;
          this.left -= count;
          if (this.left === 0) this.state = 'data';
        }
      }
    }
    return undefined;
  }
}

/** False for a stuffed FF of the picture's data, restart markers and TEM. */
function hasLength(code: number): boolean {
  return code > 0x01 && !(code >= 0xd0 && code <= 0xd7);
}
