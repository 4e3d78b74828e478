import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HailoError } from '../../../src/device/hailo/errors';
import { checkHefFile } from '../../../src/device/hailo/hef/check';
import {
  FormatType,
  type GroupHandle,
  type HailoLibrary,
  type VdeviceHandle,
  type VstreamWish,
} from '../../../src/device/hailo/library/api';
import { LibraryLoadError, loadHailoLibrary } from '../../../src/device/hailo/library/load';
import { usualFormatType } from '../../../src/device/hailo/library/vstreams';
import { probeHailo } from '../../../src/device/hailo/probe';
import {
  makeStub,
  skipWithoutCompiler,
  stubVersions,
  writeHef,
  type Stub,
  type StubConfig,
  type StubNetwork,
  type StubVersion,
} from '../../support/hailort-stub/stub';

const wish: VstreamWish = { formatType: usualFormatType, timeoutMs: 2000, queueSize: 2 };

/** Outputs deliberately neither in name order nor all alike. */
const network: StubNetwork = {
  name: 'plates',
  inputs: [{ name: 'input_layer1', height: 6, width: 8, features: 3 }],
  outputs: [
    { name: 'conv9', height: 2, width: 3, features: 4, zeroPoint: 100, scale: 0.25 },
    { name: 'nms', nms: { classes: 3, maxPerClass: 5 } },
    {
      name: 'conv2',
      height: 1,
      width: 5,
      features: 2,
      type: 2,
      perChannel: [
        { zeroPoint: 1, scale: 0.5 },
        { zeroPoint: 2, scale: 0.125 },
      ],
    },
  ],
};

function refuses(act: () => unknown, message: RegExp, status?: number): void {
  assert.throws(act, (error: Error) => {
    assert.ok(error instanceof HailoError, error.stack);
    assert.match(error.message, message);
    assert.equal(error.status, status, error.message);
    return true;
  });
}

describe('Binding of libhailort', function () {
  this.timeout(60_000);
  before(function () {
    skipWithoutCompiler(this);
  });

  const stubs: Stub[] = [];
  function start(options: { version?: StubVersion; missingSymbol?: string } & StubConfig = {}): {
    stub: Stub;
    library: HailoLibrary;
    hef: string;
  } {
    const stub = makeStub(options);
    stubs.push(stub);
    const hef = join(stub.folder, 'plates.hef');
    writeHef(hef, network);
    return { stub, library: loadHailoLibrary(stub.path), hef };
  }
  function newStub(options: { version?: StubVersion; missingSymbol?: string } & StubConfig = {}): Stub {
    const stub = makeStub(options);
    stubs.push(stub);
    return stub;
  }
  afterEach(() => {
    for (const stub of stubs.splice(0)) {
      const { misuse, problems } = stub.stats();
      stub.remove();
      assert.deepEqual({ misuse, problems }, { misuse: [], problems: [] });
    }
  });

  /** A vdevice with the network on it. */
  function configured(library: HailoLibrary, hef: string): { vdevice: VdeviceHandle; group: GroupHandle } {
    const vdevice = library.createVdevice({});
    const handle = library.createHef(hef);
    const [group] = library.configure(vdevice, handle);
    library.releaseHef(handle);
    return { vdevice, group: group! };
  }

  for (const version of stubVersions) {
    const isFive = version.startsWith('5.');

    it(`${version} loads with all its functions and says its version`, () => {
      const { library, stub } = start({ version });
      assert.equal(library.path, stub.path);
      assert.equal(Object.values(library.version).join('.'), version);
      assert.equal(loadHailoLibrary(stub.path), library);
      assert.equal(loadHailoLibrary(stub.folder), library);
    });

    it(`${version} gives the vstreams of a HEF as its maker wrote them`, () => {
      const { library, hef, stub } = start({ version });
      checkHefFile(hef, { library: library.version });
      const handle = library.createHef(hef);
      assert.deepEqual(library.networkGroups(handle), [{ name: 'plates', isMultiContext: false }]);
      const byteFormat = { type: 1, order: 1, flags: 0 };
      const { nms, ...rest } = library.vstreamInfos(handle)[2]!;
      assert.deepEqual(nms, { classes: 3, maxPerClass: 5 });
      assert.equal(rest.name, 'plates/nms');
      assert.ok([9, 22].includes(rest.format.order) && rest.format.type === FormatType.FLOAT32);
      assert.equal(rest.quantisation.scale, 1);
      assert.deepEqual(
        library.vstreamInfos(handle).filter((_, index) => index !== 2),
        [
          {
            name: 'plates/input_layer1',
            network: 'plates/plates',
            direction: 'input',
            format: byteFormat,
            shape: { height: 6, width: 8, features: 3 },
            quantisation: { zeroPoint: 0, scale: 1, min: 0, max: 255 },
          },
          {
            name: 'plates/conv9',
            network: 'plates/plates',
            direction: 'output',
            format: byteFormat,
            shape: { height: 2, width: 3, features: 4 },
            quantisation: { zeroPoint: 100, scale: 0.25, min: -25, max: 38.75 },
          },
          {
            name: 'plates/conv2',
            network: 'plates/plates',
            direction: 'output',
            format: { type: 2, order: 1, flags: 0 },
            shape: { height: 1, width: 5, features: 2 },
            quantisation: { zeroPoint: 0, scale: 0, min: 0, max: 0 },
          },
        ],
      );
      library.releaseHef(handle);
      refuses(() => library.vstreamInfos(handle), /it was released/);
      assert.equal(stub.stats().live.hef, 0);
    });

    it(`${version} lists, opens and asks its device`, () => {
      const { library, stub } = start({
        version,
        devices: [{ id: '0000:03:00.0', architecture: isFive ? 'hailo10h' : 'hailo8l', temperature: 61.5, power: 2.5 }],
      });
      assert.deepEqual(library.scan(), ['0000:03:00.0']);
      const device = library.createDevice('0000:03:00.0');
      const [major, minor, revision] = version.split('.').map(Number);
      assert.deepEqual(library.identify(device), {
        architecture: isFive ? 'hailo10h' : 'hailo8l',
        firmware: { major, minor, revision },
        boardName: isFive ? 'Hailo-10H' : 'Hailo-8L',
        serialNumber: 'STUB000000000001',
        partNumber: 'STUB-PART',
        productName: 'STUB OF A HAILO AI ACCELERATOR',
      });
      assert.deepEqual(library.extendedInformation(device), { coreClockHz: 400_000_000, powerMeasurement: true });
      assert.equal(library.temperature(device), 61.5);
      assert.equal(library.power(device), 2.5);
      library.releaseDevice(device);
      assert.equal(stub.stats().live.device, 0);
    });

    if (isFive) continue;

    it(`${version} makes vstreams in the formats that are wished for, in one call for all outputs`, () => {
      const { library, hef, stub } = start({ version });
      const { vdevice, group } = configured(library, hef);
      const inputs = library.createInputs(group, wish);
      const outputs = library.createOutputs(group, wish);
      assert.deepEqual(
        [...inputs, ...outputs].map(({ info, format, frameSize }) => [info.name, format.type, frameSize]),
        [
          ['plates/input_layer1', FormatType.UINT8, 144],
          ['plates/conv2', FormatType.UINT16, 20],
          ['plates/conv9', FormatType.UINT8, 24],
          ['plates/nms', FormatType.FLOAT32, 3 * (1 + 5 * 5) * 4],
        ],
      );
      const [conv2, conv9, nms] = outputs;
      assert.deepEqual(
        conv2!.quantisations.map(({ zeroPoint, scale }) => [zeroPoint, scale]),
        [
          [1, 0.5],
          [2, 0.125],
        ],
      );
      assert.deepEqual(conv9!.quantisations, [conv9!.info.quantisation]);
      assert.equal(nms!.quantisations.length, 1);
      assert.deepEqual(nms!.info.nms, { classes: 3, maxPerClass: 5 });
      assert.equal(stub.stats().calls['hailo_create_output_vstreams'], 1);
      library.releaseOutputs(outputs);
      library.releaseInputs(inputs);
      const floats = library.createOutputs(group, { ...wish, formatType: () => FormatType.FLOAT32 });
      assert.deepEqual(
        floats.map(({ format, frameSize }) => [format.type, frameSize]),
        [
          [FormatType.FLOAT32, 40],
          [FormatType.FLOAT32, 96],
          [FormatType.FLOAT32, 312],
        ],
      );
      library.releaseOutputs(floats);
      library.releaseVdevice(vdevice);
      const { live } = stub.stats();
      assert.deepEqual(live, { device: 0, vdevice: 0, hef: 0, group: 0, input: 0, output: 0 });
    });

    it(`${version} takes frames and gives results, from plain and from shared memory, the same for the same`, () => {
      const { library, hef } = start({ version });
      const { vdevice, group } = configured(library, hef);
      const inputs = library.createInputs(group, wish);
      const outputs = library.createOutputs(group, wish);
      const buffers = outputs.map(({ frameSize }) => library.allocate(frameSize));
      const run = (bytes: Uint8Array): Uint8Array[] => {
        library.write(inputs[0]!, bytes);
        outputs.forEach((output, index) => library.read(output, buffers[index]!));
        return buffers.map((buffer) => buffer.bytes.slice());
      };
      const plain = Uint8Array.from({ length: 144 }, (_, index) => (index * 7) & 255);
      const shared = new Uint8Array(new SharedArrayBuffer(400), 100, 144);
      shared.set(plain);
      const first = run(plain);
      assert.deepEqual(run(shared), first);
      shared.fill(1);
      assert.notDeepEqual(run(shared), first);
      assert.ok(first.some((bytes) => bytes.some((byte) => byte !== 0)));
      const nms = buffers[2]!;
      assert.equal(new Float32Array(nms.bytes.buffer, nms.bytes.byteOffset, 78).length, 78);
      library.releaseOutputs(outputs);
      library.releaseInputs(inputs);
      library.releaseVdevice(vdevice);
      for (const buffer of buffers) buffer.free();
      refuses(() => buffers[0]!.bytes, /was freed/);
    });
  }

  it('refuses frames of another size, buffers that are none of ours and freed ones before the call', () => {
    const { library, hef, stub } = start();
    const { vdevice, group } = configured(library, hef);
    const inputs = library.createInputs(group, wish);
    const outputs = library.createOutputs(group, wish);
    refuses(() => library.write(inputs[0]!, new Uint8Array(143)), /Expected 144 bytes .* received 143/);
    refuses(() => library.write(inputs[0]!, new Uint8Array(145)), /received 145/);
    refuses(() => library.write(inputs[0]!, 'x'.repeat(144) as never), /Uint8Array/);
    refuses(() => library.write(outputs[0]! as never, new Uint8Array(20)), /a live input-vstream/);
    const small = library.allocate(19);
    refuses(() => library.read(outputs[0]!, small), /Expected 20 bytes .* received 19/);
    small.free();
    small.free();
    refuses(() => library.read(outputs[0]!, small), /freed/);
    refuses(() => library.read(outputs[0]!, { bytes: new Uint8Array(20), free() {} }), /allocate/);
    const { calls } = stub.stats();
    assert.deepEqual(
      [calls['hailo_vstream_write_raw_buffer'], calls['hailo_vstream_read_raw_buffer']],
      [undefined, undefined],
    );
    refuses(() => library.releaseVdevice(vdevice), /vstreams .* 4 that still live/);
    library.releaseOutputs(outputs);
    refuses(() => library.releaseOutputs(outputs), /it was released/);
    refuses(() => library.releaseInputs([inputs[0]!, inputs[0]!]), /received one twice/);
    library.releaseInputs(inputs);
    library.releaseInputs([]);
    library.releaseVdevice(vdevice);
    refuses(() => library.createInputs(group, wish), /it was released/);
  });

  it('keeps the memory of a read that ran out of time until the vstream is released', () => {
    const { library, hef, stub } = start({ silent: ['plates'] });
    const { vdevice, group } = configured(library, hef);
    const quick = { ...wish, timeoutMs: 150 };
    const inputs = library.createInputs(group, quick);
    const outputs = library.createOutputs(group, quick);
    const buffer = library.allocate(outputs[0]!.frameSize);
    library.write(inputs[0]!, new Uint8Array(144));
    refuses(() => library.read(outputs[0]!, buffer), /HAILO_TIMEOUT \(4\)/, 4);
    refuses(() => library.read(outputs[0]!, buffer), /made anew/, 4);
    buffer.free();
    refuses(() => buffer.bytes, /freed/);
    stub.set({ silent: [] });
    library.releaseOutputs(outputs);
    library.releaseInputs(inputs);
    // Made anew, the network works again.
    const inputs2 = library.createInputs(group, wish);
    const outputs2 = library.createOutputs(group, wish);
    library.write(inputs2[0]!, new Uint8Array(144));
    for (const output of outputs2) {
      const fresh = library.allocate(output.frameSize);
      library.read(output, fresh);
      fresh.free();
    }
    library.releaseOutputs(outputs2);
    library.releaseInputs(inputs2);
    library.releaseVdevice(vdevice);
  });

  it('sets thresholds of host NMS, the scheduler and a batch size', () => {
    const { library, hef, stub } = start();
    const vdevice = library.createVdevice({ deviceId: '0000:01:00.0', groupId: 'ALPR' });
    const handle = library.createHef(hef);
    const [group] = library.configure(vdevice, handle, 4);
    library.releaseHef(handle);
    library.setScheduler(group!, { threshold: 2, timeoutMs: 10, priority: 20 });
    const inputs = library.createInputs(group!, wish);
    const outputs = library.createOutputs(group!, wish);
    library.setNmsThresholds(outputs[2]!, { score: 0.4, iou: 0.5 });
    refuses(() => library.setNmsThresholds(outputs[0]!, { score: 0.4 }), /no suppression/, 6);
    assert.throws(() => library.setNmsThresholds(outputs[2]!, { score: 1.5 }), RangeError);
    library.releaseOutputs(outputs);
    library.releaseInputs(inputs);
    library.releaseVdevice(vdevice);
    const { calls } = stub.stats();
    assert.equal(calls['hailo_init_configure_params_by_vdevice'], 1);
    assert.equal(calls['hailo_set_scheduler_priority'], 1);
  });

  it('leaves nothing behind when a vstream cannot be made to the end', () => {
    const faults = [
      'hailo_get_output_vstream_info',
      'hailo_get_output_vstream_frame_size',
      'hailo_get_output_vstream_user_format',
      'hailo_get_output_vstream_quant_infos',
      'hailo_create_output_vstreams',
    ];
    for (const call of faults) {
      const { library, hef, stub } = start({ faults: [{ call, status: 8, after: call.includes('get') ? 1 : 0 }] });
      const { vdevice, group } = configured(library, hef);
      refuses(() => library.createOutputs(group, wish), new RegExp(`${call} .* HAILO_INTERNAL_FAILURE`), 8);
      assert.equal(stub.stats().live.output, 0, call);
      library.releaseVdevice(vdevice);
    }
  });

  it('says 48 where the board measures no power', () => {
    const { library } = start();
    const vdevice = library.createVdevice({});
    const [device] = library.physicalDevices(vdevice);
    refuses(() => library.power(device!), /UNSUPPORTED_OPCODE \(48\).*measure no power/, 48);
    assert.equal(library.extendedInformation(device!).powerMeasurement, false);
    assert.equal(library.temperature(device!), 48.5);
    library.releaseVdevice(vdevice);
  });

  const failures: { title: string; options: Parameters<typeof makeStub>[0]; says: RegExp; status: number }[] = [
    { title: 'no device', options: { devices: [] }, says: /no free device/, status: 74 },
    { title: 'a busy device', options: { driverBusy: true }, says: /another program/, status: 74 },
    {
      title: 'an old driver',
      options: { faults: [{ call: 'hailo_create_vdevice', status: 76 }] },
      says: /other version|another version/,
      status: 76,
    },
    {
      title: 'no permission',
      options: { faults: [{ call: 'hailo_create_vdevice', status: 36 }] },
      says: /device node/,
      status: 36,
    },
    {
      title: 'another driver',
      options: { faults: [{ call: 'hailo_create_vdevice', status: 86 }] },
      says: /not the driver/,
      status: 86,
    },
    {
      title: 'a Hailo-10H under 4.23',
      options: { devices: [{ id: 'a', architecture: 'hailo10h' }] },
      says: /5\.x/,
      status: 79,
    },
    { title: 'a Hailo-8 under 5.2', options: { version: '5.2.0' }, says: /install HailoRT 4/, status: 79 },
  ];
  for (const { title, options, says, status } of failures) {
    it(`says what to do with ${title}`, () => {
      const { library } = start(options);
      refuses(() => library.createVdevice({}), says, status);
    });
  }

  it('says what to do without the service, with a lame one and with one of another version', () => {
    const { library, stub } = start({ service: 'none' });
    const open = (): unknown => library.createVdevice({ multiProcessService: true, groupId: 'ALPR' });
    refuses(open, /without the HailoRT service/, 6);
    stub.set({ service: 'unreachable' });
    refuses(open, /systemctl enable/, 77);
    stub.set({ service: 'other-version' });
    refuses(open, /restart the service/, 78);
  });

  it('says of a Hailo-10H that its C interface cannot infer', () => {
    const { library, hef } = start({ version: '5.2.0', devices: [{ id: 'a', architecture: 'hailo10h' }] });
    const vdevice = library.createVdevice({});
    const handle = library.createHef(hef);
    refuses(() => library.configure(vdevice, handle), /Hailo-10H cannot run networks/, 7);
    refuses(() => library.configure(vdevice, handle, 2), /Hailo-10H cannot run networks/, 7);
    library.releaseHef(handle);
    library.releaseVdevice(vdevice);
  });

  for (const { version, status } of [
    { version: '4.20.0', status: 26 },
    { version: '4.23.0', status: 93 },
  ] as const) {
    it(`${version} says ${status} of a HEF for another chip, with the same advice`, () => {
      const { library, hef } = start({ version, devices: [{ id: 'a', architecture: 'hailo8l' }] });
      const vdevice = library.createVdevice({});
      const handle = library.createHef(hef);
      refuses(() => library.configure(vdevice, handle), /another chip.*Hailo-8L run on Hailo-8 too/, status);
      refuses(() => checkHefFile(hef, { library: library.version, device: 'hailo8l' }), /use that file/);
      library.releaseHef(handle);
      library.releaseVdevice(vdevice);
    });
  }

  it('says which file could not be loaded as a HEF', () => {
    const { library, stub, hef } = start();
    refuses(
      () => library.createHef(join(stub.folder, 'none.hef')),
      /none\.hef but received HAILO_OPEN_FILE_FAILURE \(13\)/,
      13,
    );
    writeHef(hef, network, { corrupt: true });
    refuses(() => library.createHef(hef), /HAILO_HEF_FILE_CORRUPTED \(91\)/, 91);
  });

  for (const [variable, how] of [
    ['LD_LIBRARY_PATH', "the loader's own search"],
    ['ALPR_HAILORT', 'the variable'],
  ] as const) {
    it(`is found through ${how}, and says where`, () => {
      const stub = newStub({ version: '4.20.0' });
      const module = join(__dirname, '../../../src/device/hailo/library/load.ts');
      const script = `const { path, version } = require(${JSON.stringify(module)}).loadHailoLibrary();
        console.log(path, Object.values(version).join('.'));`;
      const told = execFileSync(process.execPath, ['--require', require.resolve('tsx/cjs'), '-e', script], {
        env: { ...process.env, [variable]: stub.folder },
        encoding: 'utf8',
      });
      assert.equal(told.trim(), `${stub.path} 4.20.0`);
    });
  }

  // Every other one is looked at in library_calls_spec.ts, without a library of its own each.
  for (const symbol of ['hailo_scan_devices', 'hailo_release_output_vstreams']) {
    it(`names ${symbol} when the library lacks it`, () => {
      const stub = newStub({ missingSymbol: symbol });
      assert.throws(
        () => loadHailoLibrary(stub.path),
        (error: Error) => {
          assert.ok(error instanceof HailoError, error.stack);
          for (const part of [symbol, stub.path, '4.23.0', 'too old'])
            assert.ok(error.message.includes(part), error.message);
          return true;
        },
      );
    });
  }
});

describe('A library that is none', function () {
  this.timeout(60_000);
  let folder: string;
  before(function () {
    skipWithoutCompiler(this);
    folder = mkdtempSync(join(tmpdir(), 'alpr-library-'));
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  function refusal(path: string): LibraryLoadError {
    let refused: LibraryLoadError | undefined;
    assert.throws(
      () => loadHailoLibrary(path),
      (error: Error) => {
        assert.ok(error instanceof LibraryLoadError, error.stack);
        refused = error;
        return true;
      },
    );
    assert.match(refused!.message, /where the setting says/);
    assert.ok(refused!.message.includes(path), refused!.message);
    return refused!;
  }

  function compile(name: string, code: string): string {
    const path = join(folder, name);
    writeFileSync(`${path}.c`, code);
    execFileSync('gcc', ['-shared', '-fPIC', '-o', path, `${path}.c`]);
    return path;
  }

  it('because it is a text, empty, missing, or a folder without one, is told as such', () => {
    const text = join(folder, 'text.so');
    writeFileSync(text, 'not a library\n');
    assert.match(refusal(text).tried.join(), /no shared library \(text/);
    const empty = join(folder, 'empty.so');
    writeFileSync(empty, '');
    assert.match(refusal(empty).tried.join(), /empty/);
    assert.match(refusal(join(folder, 'missing.so')).tried.join(), /ENOENT/);
    assert.match(refusal(folder).tried.join(), /libhailort\.so: .*ENOENT/);
  });

  it('because it is another shared library is told as such', () => {
    const other = compile('libother.so', 'int other(void) { return 1; }\n');
    assert.match(refusal(other).tried.join(), /not HailoRT's/);
  });

  it('because it was cut off is told as such, and does not kill the process', () => {
    const whole = compile('libwhole.so', 'char big[200000] = {1}; int other(void) { return big[5]; }\n');
    const part = join(folder, 'libpart.so');
    copyFileSync(whole, part);
    execFileSync('truncate', ['-s', '30000', part]);
    assert.match(refusal(part).tried.join(), /cut off/);
  });

  it('stays in the process when the thread that loaded it ends: it may own threads', async () => {
    const code = `struct v { unsigned a, b, c; }; int hailo_get_library_version(struct v *v) { *v = (struct v){4, 23, 0}; return 0; }\n`;
    const path = compile('libbare.so', code);
    const { library } = await probeHailo({ library: path });
    assert.match('error' in library ? library.error : '', /hailo_scan_devices .*libbare\.so .*without it/);
    assert.ok(readFileSync('/proc/self/maps', 'utf8').includes(path));
  });

  for (const { title, version, says } of [
    { title: 'too old', version: '{4, 14, 0}', says: /4\.15 or newer .* received 4\.14\.0\. Install HailoRT 4\.23/ },
    { title: 'too new', version: '{6, 0, 1}', says: /received 6\.0\.1\. Update this package/ },
  ]) {
    it(`because it is ${title} is told by its version, whatever else it lacks`, () => {
      const code = `struct v { unsigned a, b, c; }; int hailo_get_library_version(struct v *v) { *v = (struct v)${version}; return 0; }\n`;
      const path = compile(`lib-${title.replace(' ', '-')}.so`, code);
      assert.throws(() => loadHailoLibrary(path), says);
    });
  }
});
