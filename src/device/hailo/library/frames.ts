import { HailoError } from '../errors.js';
import type { HailoLibrary, InputVstream, NativeBuffer, OutputVstream } from './api.js';
import { integer, statusError, type LibraryContext } from './calls.js';
import type { Koffi } from './koffi.js';
import { Status } from './status.js';

/** Largest output we make room for; the largest real ones are a few MB. */
const LARGEST_FRAME = 0x7fffffff;

/** Memory from malloc: aligned for every type, never moved, seen by the library and by JavaScript alike. */
class NativeBytes implements NativeBuffer {
  private state: 'ours' | 'lent' | 'lent, to be freed' | 'freed' = 'ours';
  private readonly pointer: bigint;
  private readonly view: Uint8Array;

  constructor(
    private readonly koffi: Koffi,
    size: number,
  ) {
    this.pointer = koffi.alloc('uint8', size);
    this.view = new Uint8Array(koffi.view(this.pointer, size));
    // Of the results before the first one nothing must be left over from other programs' memory.
    this.view.fill(0);
  }

  /** The view itself must not be kept beyond `free`: nothing can take it back. @throws HailoError after `free` */
  get bytes(): Uint8Array {
    this.checkUsable();
    return this.view;
  }

  checkUsable(): void {
    if (this.state === 'ours' || this.state === 'lent') return;
    throw new HailoError('Expected memory that is still allocated but received a buffer that was freed');
  }

  /** The library may write into it until the vstream is released. */
  lend(): void {
    this.state = 'lent';
  }

  giveBack(): void {
    const free = this.state === 'lent, to be freed';
    this.state = free ? 'freed' : 'ours';
    if (free) this.koffi.free(this.pointer);
  }

  /** While the library may still write into it, only the wish is noted: it is freed when the vstream is released. */
  free(): void {
    if (this.state === 'lent') this.state = 'lent, to be freed';
    if (this.state !== 'ours') return;
    this.state = 'freed';
    this.koffi.free(this.pointer);
  }
}

/** Buffers that the library still holds after a timeout, by vstream (hailort-c-api §8.4). */
export class LentBuffers {
  private readonly byVstream = new Map<bigint, NativeBytes>();

  has(vstream: bigint): boolean {
    return this.byVstream.has(vstream);
  }

  lend(vstream: bigint, buffer: NativeBytes): void {
    buffer.lend();
    this.byVstream.set(vstream, buffer);
  }

  /** Call it after the vstream was released, not before. */
  giveBack(vstream: bigint): void {
    this.byVstream.get(vstream)?.giveBack();
    this.byVstream.delete(vstream);
  }
}

/** Frames in and out. */
export function frameCalls(
  context: LibraryContext,
  lent: LentBuffers,
): Pick<HailoLibrary, 'write' | 'read' | 'allocate'> {
  const { handles, koffi, symbols } = context;

  const checkSize = (vstream: InputVstream | OutputVstream, size: number): void => {
    if (size === vstream.frameSize) return;
    throw new HailoError(
      `Expected ${vstream.frameSize} bytes for a frame of ${vstream.info.name} but received ${size}: the model's manifest ` +
        'does not fit the HEF',
    );
  };

  return {
    write(input, bytes): void {
      handles.check('input-vstream', input.handle);
      if (!(bytes instanceof Uint8Array)) {
        throw new HailoError(`Expected a Uint8Array for a frame of ${input.info.name} but received ${typeof bytes}`);
      }
      checkSize(input, bytes.byteLength);
      const status = symbols.hailo_vstream_write_raw_buffer(input.handle, bytes, bytes.byteLength);
      if (status !== Status.SUCCESS) throw failed('hailo_vstream_write_raw_buffer', status, input);
    },

    read(output, buffer): void {
      handles.check('output-vstream', output.handle);
      if (!(buffer instanceof NativeBytes)) {
        throw new HailoError(`Expected a buffer of allocate() for ${output.info.name} but received something else`);
      }
      checkSize(output, buffer.bytes.byteLength);
      if (lent.has(output.handle)) {
        throw new HailoError(
          `Expected the vstreams of the network to be made anew after a read of ${output.info.name} had failed but received ` +
            'another read: it would get the frame that came too late',
          Status.TIMEOUT,
        );
      }
      const { bytes } = buffer;
      const status = symbols.hailo_vstream_read_raw_buffer(output.handle, bytes, bytes.byteLength);
      if (status === Status.SUCCESS) return;
      // Only a timeout is known to leave the pointer with the library; of other failures nobody knows.
      lent.lend(output.handle, buffer);
      throw failed('hailo_vstream_read_raw_buffer', status, output);
    },

    allocate(size): NativeBuffer {
      return new NativeBytes(koffi, integer('size', size, 1, LARGEST_FRAME));
    },
  };

  function failed(
    name: 'hailo_vstream_write_raw_buffer' | 'hailo_vstream_read_raw_buffer',
    status: number,
    { info }: InputVstream | OutputVstream,
  ): HailoError {
    return statusError(context, name, status, `a frame of ${info.name}`);
  }
}
