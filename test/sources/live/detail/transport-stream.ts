/** Parts of an MPEG transport stream, put together by the standard (ISO/IEC 13818-1), for streams that ffmpeg would not write. */
export const mapId = 0x1000;
export const videoId = 0x100;

/** One packet; what is left of it is filled up in the adaptation field. */
export function packet(
  id: number,
  payload: Buffer,
  options: { starts?: boolean; key?: boolean; damaged?: boolean } = {},
): Buffer {
  const room = 184;
  if (payload.length > room) throw new Error(`${payload.length} bytes`);
  const filling = room - payload.length;
  const needsField = filling > 0 || options.key === true;
  const header = Buffer.from([
    0x47,
    ((options.starts ? 0x40 : 0) | (options.damaged ? 0x80 : 0) | (id >> 8)) & 0xff,
    id & 0xff,
    needsField ? 0x30 : 0x10,
  ]);
  const field = Buffer.alloc(filling, 0xff);
  if (filling > 0) field[0] = filling - 1;
  if (filling > 1) field[1] = options.key ? 0x40 : 0;
  return Buffer.concat([header, field, payload]);
}

function table(id: number, tableId: number, body: Buffer): Buffer {
  const length = body.length + 5 + 4;
  const head = Buffer.from([0, tableId, 0xb0 | (length >> 8), length & 0xff, 0, 1, 0xc1, 0, 0]);
  return packet(id, Buffer.concat([head, body, Buffer.alloc(4)]), { starts: true });
}

/** PAT and PMT of one programme with these streams. */
export function tables(streams: { type: number; id: number }[] = [{ type: 0x1b, id: videoId }]): Buffer {
  const programme = Buffer.from([0, 1, 0xe0 | (mapId >> 8), mapId & 0xff]);
  const entries = streams.map(({ type, id }) => Buffer.from([type, 0xe0 | (id >> 8), id & 0xff, 0xf0, 0]));
  return Buffer.concat([
    table(0, 0, programme),
    table(mapId, 2, Buffer.concat([Buffer.from([0xe1, 0, 0xf0, 0]), ...entries])),
  ]);
}

/** A picture: a PES packet in as many packets as it takes. @param length says how long it is; 0 leaves it open */
export function picture(
  pts: number,
  data: Buffer,
  options: { key?: boolean; length?: boolean; id?: number } = {},
): Buffer {
  const time = Buffer.from([
    0x21 | (Math.floor(pts / 2 ** 30) << 1),
    Math.floor(pts / 2 ** 22) & 0xff,
    1 | ((Math.floor(pts / 2 ** 15) << 1) & 0xff),
    Math.floor(pts / 2 ** 7) & 0xff,
    1 | ((pts << 1) & 0xff),
  ]);
  const length = options.length === false ? 0 : data.length + 8;
  const pes = Buffer.concat([Buffer.from([0, 0, 1, 0xe0, length >> 8, length & 0xff, 0x80, 0x80, 5]), time, data]);
  const packets: Buffer[] = [];
  for (let at = 0; at < pes.length;) {
    const starts = at === 0;
    // A key frame's flag needs two bytes of the first packet.
    const count = Math.min(starts ? 182 : 184, pes.length - at);
    packets.push(
      packet(options.id ?? videoId, pes.subarray(at, at + count), { starts, key: starts && options.key === true }),
    );
    at += count;
  }
  return Buffer.concat(packets);
}
