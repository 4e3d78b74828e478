import { join } from 'node:path';
import { counted, counter, handleArray, RawLibrary, textAt } from './raw-library.js';
import { makeStub, writeHef, type HefOptions, type Stub, type StubNetwork } from './stub.js';

export interface RawOpened {
  group: bigint;
  inputs: RawVstream[];
  outputs: RawVstream[];
}

export interface RawVstream {
  handle: bigint;
  name: string;
  size: number;
}

export interface OpenOptions extends HefOptions {
  /** hailo_format_type_t of all outputs, default AUTO 0. */
  outputType?: number;
  inputType?: number;
  timeoutMs?: number;
  queueSize?: number;
  batch?: number;
}

/** A stub with one vdevice, and networks opened on it: what most tests of the stub begin with. */
export class RawSession {
  readonly stub: Stub;
  readonly library: RawLibrary;
  vdevice: bigint;

  constructor(options: Parameters<typeof makeStub>[0] = {}) {
    this.stub = makeStub(options);
    this.library = new RawLibrary(this.stub.path);
    this.vdevice = this.library.handle('hailo_create_vdevice', null, undefined);
  }

  /** Writes the HEF, configures it and opens all its vstreams. */
  open(network: StubNetwork, options: OpenOptions = {}): RawOpened {
    const group = this.configure(network, options);
    return {
      group,
      inputs: this.vstreams(group, 'input', options),
      outputs: this.vstreams(group, 'output', options),
    };
  }

  configure(network: StubNetwork, options: OpenOptions = {}): bigint {
    const file = join(this.stub.folder, `${network.name}.hef`);
    writeHef(file, network, options);
    const hef = this.library.handle('hailo_create_hef_file', undefined, file);
    let params: Buffer | null = null;
    if (options.batch !== undefined) {
      params = Buffer.alloc(128 * 1024);
      this.must(this.library.call('hailo_init_configure_params_by_vdevice', hef, this.vdevice, params));
      params.writeUInt16LE(options.batch, 136);
    }
    const group = this.library.handle('hailo_configure_vdevice', this.vdevice, hef, params, undefined, counter(8));
    this.must(this.library.call('hailo_release_hef', hef));
    return group;
  }

  vstreams(group: bigint, kind: 'input' | 'output', options: OpenOptions = {}): RawVstream[] {
    const { timeoutMs = 10_000, queueSize = 2 } = options;
    const params = Buffer.alloc(156 * 40);
    const count = counter(40);
    const type = (kind === 'input' ? options.inputType : options.outputType) ?? 0;
    this.must(this.library.call(`hailo_make_${kind}_vstream_params`, group, false, type, params, count));
    for (let i = 0; i < counted(count); i++) {
      params.writeUInt32LE(timeoutMs, 156 * i + 140);
      params.writeUInt32LE(queueSize, 156 * i + 144);
    }
    const handles = Buffer.alloc(8 * counted(count));
    this.must(this.library.call(`hailo_create_${kind}_vstreams`, group, params, counted(count), handles));
    return Array.from({ length: counted(count) }, (_, i) => {
      const handle = handles.readBigUInt64LE(8 * i);
      const size = counter(0);
      this.must(this.library.call(`hailo_get_${kind}_vstream_frame_size`, handle, size));
      return { handle, name: textAt(params, 156 * i, 128), size: counted(size) };
    });
  }

  write(input: RawVstream, bytes: Uint8Array): Promise<number> {
    return this.library.later('hailo_vstream_write_raw_buffer', input.handle, bytes, bytes.length);
  }

  read(output: RawVstream, buffer: Uint8Array): Promise<number> {
    return this.library.later('hailo_vstream_read_raw_buffer', output.handle, buffer, buffer.length);
  }

  /** Releases what `open` gave. */
  async release(opened: RawOpened): Promise<void> {
    const outputs = handleArray(...opened.outputs.map((vstream) => vstream.handle));
    const inputs = handleArray(...opened.inputs.map((vstream) => vstream.handle));
    this.must(await this.library.later('hailo_release_output_vstreams', outputs, opened.outputs.length));
    this.must(await this.library.later('hailo_release_input_vstreams', inputs, opened.inputs.length));
  }

  async close(...opened: RawOpened[]): Promise<void> {
    for (const each of opened) await this.release(each);
    this.must(await this.library.later('hailo_release_vdevice', this.vdevice));
  }

  private must(status: number): void {
    if (status !== 0) throw new Error(`Expected a call to succeed but received ${status}`);
  }
}
