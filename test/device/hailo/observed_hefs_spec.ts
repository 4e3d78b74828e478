import assert from 'node:assert/strict';
import { join } from 'node:path';
import { FormatOrder, FormatType, type VstreamInfo } from '../../../src/device/hailo/library/api.js';
import { loadHailoLibrary } from '../../../src/device/hailo/library/load.js';
import { inspectHef } from '../../../src/device/hailo/probe.js';
import { outputTensor } from '../../../src/device/hailo/tensors/output-tensor.js';
import {
  makeStub,
  skipWithoutCompiler,
  type Stub,
  type StubNetwork,
  writeHef,
} from '../../support/hailort-stub/stub.js';

/** What the real library said of real files (hailort-c-api §12): shapes, quantisation, bytes of a frame by type. */
interface Observed {
  network: StubNetwork;
  vstreams: {
    name: string;
    direction: VstreamInfo['direction'];
    type: number;
    order: number;
    shape?: [number, number, number];
    nms?: [classes: number, maxPerClass: number];
    /** zero point, scale, min, max */
    quantisation: [number, number, number, number];
    bytes: Partial<Record<'UINT8' | 'UINT16' | 'FLOAT32', number>>;
  }[];
}

const image = { name: 'input_layer1', features: 3 };
const observed: Observed[] = [
  {
    network: {
      name: 'arcface_mobilefacenet',
      inputs: [{ ...image, height: 112, width: 112 }],
      outputs: [{ name: 'fc1', height: 1, width: 1, features: 512, order: 6, zeroPoint: 144, scale: 0.0167389 }],
    },
    vstreams: [
      {
        name: 'arcface_mobilefacenet/input_layer1',
        direction: 'input',
        type: 1,
        order: 1,
        shape: [112, 112, 3],
        quantisation: [0, 1, 0, 255],
        bytes: { UINT8: 37632, FLOAT32: 150528 },
      },
      {
        name: 'arcface_mobilefacenet/fc1',
        direction: 'output',
        type: 1,
        order: 6,
        shape: [1, 1, 512],
        quantisation: [144, 0.0167389, -2.4104, 1.85802],
        bytes: { UINT8: 512, UINT16: 1024, FLOAT32: 2048 },
      },
    ],
  },
  {
    network: {
      name: 'zero_dce',
      inputs: [{ ...image, height: 400, width: 600 }],
      outputs: [{ name: 'ew_add8', height: 400, width: 600, features: 3, scale: 0.00392157 }],
    },
    vstreams: [
      {
        name: 'zero_dce/input_layer1',
        direction: 'input',
        type: 1,
        order: 1,
        shape: [400, 600, 3],
        quantisation: [0, 1, 0, 255],
        bytes: { UINT8: 720000 },
      },
      {
        name: 'zero_dce/ew_add8',
        direction: 'output',
        type: 1,
        order: 1,
        shape: [400, 600, 3],
        quantisation: [0, 0.00392157, 0, 1],
        bytes: { UINT8: 720000, UINT16: 1440000, FLOAT32: 2880000 },
      },
    ],
  },
  {
    network: {
      name: 'yolov8n',
      inputs: [{ ...image, height: 320, width: 320 }],
      outputs: [{ name: 'yolov8_nms_postprocess', nms: { classes: 110, maxPerClass: 100 } }],
    },
    vstreams: [
      {
        name: 'yolov8n/input_layer1',
        direction: 'input',
        type: 1,
        order: 1,
        shape: [320, 320, 3],
        quantisation: [0, 1, 0, 255],
        bytes: { UINT8: 307200 },
      },
      {
        name: 'yolov8n/yolov8_nms_postprocess',
        direction: 'output',
        type: 3,
        order: FormatOrder.NMS_BY_CLASS,
        nms: [110, 100],
        quantisation: [0, 1, 0, 0],
        bytes: { FLOAT32: 220440 },
      },
    ],
  },
];

describe('Networks as the real library described them', function () {
  this.timeout(60_000);
  let stub: Stub;
  before(function () {
    skipWithoutCompiler(this);
  });
  afterEach(() => {
    const { misuse, problems } = stub.stats();
    stub.remove();
    assert.deepEqual({ misuse, problems }, { misuse: [], problems: [] });
  });

  for (const version of ['4.19.0', '4.20.0', '4.23.0'] as const) {
    for (const { network, vstreams } of observed) {
      it(`${network.name}: HailoRT ${version}`, async () => {
        stub = makeStub({ version });
        const file = join(stub.folder, `${network.name}.hef`);
        writeHef(file, network);
        const { vstreams: inspected, groups } = await inspectHef(file, { library: stub.path });
        assert.deepEqual(groups, [{ name: network.name, isMultiContext: false }]);
        // In the order of the model.
        assert.deepEqual(
          inspected.map(({ name }) => name),
          vstreams.map(({ name }) => name),
        );
        const library = loadHailoLibrary(stub.path);
        const vdevice = library.createVdevice({});
        const hef = library.createHef(file);
        const [group] = library.configure(vdevice, hef);
        library.releaseHef(hef);
        for (const [index, wanted] of vstreams.entries()) {
          const info = inspected[index]!;
          // Libraries up to 4.19 have another number for the same order (§7).
          const order = version === '4.19.0' && wanted.nms ? FormatOrder.NMS : wanted.order;
          assert.deepEqual(info.format, { type: wanted.type, order, flags: 0 });
          assert.equal(info.direction, wanted.direction);
          assert.deepEqual(info.shape && Object.values(info.shape), wanted.shape);
          assert.deepEqual(info.nms && Object.values(info.nms), wanted.nms);
          const { zeroPoint, scale, min, max } = info.quantisation;
          for (const [position, value] of [zeroPoint, scale, min, max].entries()) {
            assert.ok(Math.abs(value - wanted.quantisation[position]!) < 1e-5, `${info.name}: ${value}`);
          }
          for (const [type, bytes] of Object.entries(wanted.bytes)) {
            const wish = { formatType: () => FormatType[type as 'UINT8'], timeoutMs: 1000, queueSize: 2 };
            if (wanted.direction === 'input') {
              const [input] = library.createInputs(group!, wish);
              assert.deepEqual([input!.frameSize, input!.format.type], [bytes, FormatType[type as 'UINT8']]);
              library.releaseInputs([input!]);
              continue;
            }
            const [output] = library.createOutputs(group!, wish);
            library.releaseOutputs([output!]);
            assert.deepEqual([output!.frameSize, output!.format.type], [bytes, FormatType[type as 'UINT8']]);
            if (type === 'UINT16') continue;
            // Its lowest and highest numbers are the limits that the library tells, which proves the formula (§12).
            const frame = new Uint8Array(bytes).fill(255, 1, 2);
            const tensor = outputTensor(output!, file).view(frame);
            if (wanted.nms) assert.deepEqual(tensor.dims, [110, 501]);
            if (type !== 'UINT8') continue;
            assert.ok(Math.abs(tensor.data[0]! - wanted.quantisation[2]) < 1e-5);
            assert.ok(Math.abs(tensor.data[1]! - wanted.quantisation[3]) < 1e-5);
          }
        }
        library.releaseVdevice(vdevice);
      });
    }
  }
});
