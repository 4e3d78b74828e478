/** Writes HEFs as hailort-c-api §9.1 describes them, byte by byte and apart from what reads them. */

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    const more = rest > 127n;
    bytes.push(Number(rest & 127n) | (more ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export function numberField(field: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

export function lengthField(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

/** The sub-message with which the protobuf part begins. */
export function aboutHef(about: {
  architecture?: number;
  createdAt?: number;
  compiler?: string;
  formatVersion?: number;
}): Buffer {
  const { architecture, createdAt, compiler, formatVersion } = about;
  return Buffer.concat([
    architecture === undefined ? Buffer.alloc(0) : numberField(1, architecture),
    createdAt === undefined ? Buffer.alloc(0) : numberField(2, createdAt),
    compiler === undefined ? Buffer.alloc(0) : lengthField(3, Buffer.from(compiler)),
    formatVersion === undefined ? Buffer.alloc(0) : numberField(4, formatVersion),
  ]);
}

/** @param options.protobuf instead of one made of `about` and `rest` */
export function hefBytes(options: {
  headerVersion?: number;
  about?: Buffer;
  rest?: Buffer;
  protobuf?: Buffer;
}): Buffer {
  const {
    headerVersion = 1,
    about = aboutHef({ architecture: 1, compiler: '3.29.0' }),
    rest = Buffer.alloc(0),
  } = options;
  const protobuf = options.protobuf ?? Buffer.concat([lengthField(1, about), rest]);
  const starts: Record<number, number> = { 0: 32, 1: 28, 2: 44, 3: 56 };
  const header = Buffer.alloc(starts[headerVersion]!, 0x77);
  header.set([0x01, 0x48, 0x45, 0x46]);
  header.writeUInt32BE(headerVersion, 4);
  header.writeUInt32BE(protobuf.length, 8);
  return Buffer.concat([header, protobuf]);
}
