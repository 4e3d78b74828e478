import assert from 'node:assert/strict';
import { hailoDevice } from '../../../src/device/hailo/hailo-device.js';
import { makeStub, skipWithoutCompiler, type Stub, type StubConfig } from '../../support/hailort-stub/stub.js';
import { seededRandom } from '../../support/random.js';
import { makeModel, NOTHING, remains, sumIn, wholeFrame } from './runtime-models.js';

const NAMES = ['a', 'b', 'c'];
const FAILING = [
  'hailo_vstream_read_raw_buffer',
  'hailo_vstream_write_raw_buffer',
  'hailo_configure_vdevice',
  'hailo_create_output_vstreams',
  'hailo_create_input_vstreams',
];
const STATUSES = [3, 4, 8, 36, 63, 81];

describe('A Hailo with users and faults as chance has them', () => {
  let stub: Stub;

  before(function () {
    skipWithoutCompiler(this);
  });
  beforeEach(() => {
    stub = makeStub({ frameTimes: { '*': 2 } });
  });
  afterEach(() => {
    stub.remove();
  });

  for (const seed of [1, 2]) {
    it(`never mixes up answers, settles every request and leaves nothing behind (seed ${seed})`, async function () {
      this.timeout(60_000);
      const random = seededRandom(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
      const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
      const models = NAMES.map((name) => makeModel(stub, name));
      const healthy: StubConfig = { silent: [], faults: [], devices: [{ id: '0000:01:00.0' }] };
      const tally = { answered: 0, rejected: 0 };
      let users = 3;

      const rejected = (error: unknown): void => {
        tally.rejected++;
        assert.match(String((error as { code?: unknown }).code), /^ALPR_/, String(error));
      };
      const trouble = async (): Promise<void> => {
        for (let turn = 0; users > 0; turn++) {
          await sleep(random() * 300);
          const call = pick(FAILING);
          const fault = { call, status: pick(STATUSES), after: Math.floor(random() * 10), times: 1 };
          const kinds: StubConfig[] = [
            { silent: [pick(NAMES)] },
            { devices: [{ id: '0000:01:00.0', lost: true }] },
            { faults: [fault] },
            { faults: [fault] },
          ];
          stub.set(turn % 3 === 0 ? pick(kinds) : healthy);
        }
      };
      const user = async (camera: string): Promise<void> => {
        for (let deploy = 0; deploy < 3; deploy++) {
          const device = hailoDevice({ library: stub.path, timeoutMs: 150 });
          for (let round = 0; round < 8; round++) {
            const network = await device.open(pick(models)).catch(rejected);
            if (!network) {
              await sleep(150);
              continue;
            }
            const runs = Array.from({ length: Math.floor(random() * 30) }, async () => {
              const sum = Math.floor(random() * 256);
              const views = Array.from({ length: pick([0, 0, 3]) }, () => ({ box: { x1: 0, y1: 0, x2: 8, y2: 4 } }));
              const response = await network.run({ ...wholeFrame(sum, camera), views }).catch(rejected);
              if (!response) return;
              tally.answered++;
              assert.deepEqual(response.results.map(sumIn), Array(Math.max(1, views.length)).fill(sum));
            });
            if (random() < 0.5) await Promise.all(runs);
            await network.close();
            await Promise.all(runs);
          }
          await device.close();
        }
      };
      const leave = (camera: string): Promise<void> => user(camera).finally(() => users--);
      await Promise.all([trouble(), leave('x'), leave('y'), leave('z')]);
      assert.ok(tally.answered > 0 && tally.rejected > 0, JSON.stringify(tally));

      // What was closed in the background has ended when the device can be opened and closed again.
      stub.set(healthy);
      const last = hailoDevice({ library: stub.path });
      const network = await last.open(models[0]!);
      assert.equal(sumIn((await network.run(wholeFrame(seed))).results[0]), seed);
      await last.close();
      assert.deepEqual(remains(stub), NOTHING);
    });
  }
});
