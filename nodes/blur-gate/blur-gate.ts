import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Plate } from '../../src/detection/types.js';
import { requirePlates } from '../../src/node-red/boxes.js';
import { linkPixels } from '../../src/node-red/device-link.js';
import { requireFrame } from '../../src/node-red/frame-intake.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import { addTimings } from '../../src/node-red/message.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { RateMeter, StatusLine, withRate } from '../../src/node-red/status.js';
import { gatePlates } from '../../src/stages/blur-gate.js';

/** Marks plates that are too small or too blurred to be read, with the reason. */
export = function (RED: NodeAPI): void {
  function BlurGate(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const options = {
      minSharpness: read.number('minSharpness', 100, { min: 0 }),
      minWidth: read.number('minWidth', 0, { min: 0 }),
      minHeight: read.number('minHeight', 0, { min: 0 }),
    };
    const status = new StatusLine(this);
    const link = linkPixels(RED, this, read.text('device'), status);
    const rate = new RateMeter();

    handleInput(
      this,
      async (msg, context) => {
        const frame = requireFrame(msg);
        const found = requirePlates(msg, frame);
        const { pixels } = await link.get();
        const { plates, timings } = await gatePlates(frame, found, pixels, options);
        rate.tick();
        msg.plates = plates;
        msg.payload = [...plates];
        addTimings(msg, timings);
        context.report(heldText(plates) ?? withRate(rate, `${plates.length} passed`));
        return msg;
      },
      { status, problem: read.error, onClose: () => link.close() },
    );
    if (read.error === undefined) link.warmUp();
  }
  RED.nodes.registerType('alpr-blur-gate', BlurGate);
};

/** `held 3: blurred`, by the most frequent reason; undefined when nothing is held. */
function heldText(plates: Plate[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { held } of plates) if (held !== undefined) counts.set(held.code, (counts.get(held.code) ?? 0) + 1);
  const [most] = [...counts.entries()].sort((a, b) => b[1] - a[1]);
  if (most === undefined) return undefined;
  return `held ${[...counts.values()].reduce((sum, n) => sum + n, 0)}: ${most[0]}`;
}
