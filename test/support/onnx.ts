/**
 * Builds small ONNX graphs inside tests, so that a test can know every number that a network gives.
 * The wire format is protobuf; field numbers are those of onnx.proto3 (github.com/onnx/onnx).
 *
 * Example: a network that returns its input.
 *   buildOnnxModel({
 *     inputs: [{ name: 'image', type: 'float32', dims: ['N', 3, 4, 4] }],
 *     outputs: [{ name: 'out', type: 'float32', dims: ['N', 3, 4, 4] }],
 *     nodes: [{ op: 'Identity', inputs: ['image'], outputs: ['out'] }],
 *   })
 */
export type OnnxType = 'float32' | 'uint8' | 'int8' | 'int32' | 'int64' | 'bool';

export interface OnnxValue {
  name: string;
  type: OnnxType;
  /** A number is fixed, a string names a free dimension. */
  dims: (number | string)[];
}

export interface OnnxTensor {
  name: string;
  type: OnnxType;
  dims: number[];
  data: ArrayLike<number>;
}

/** Integers become INT, other numbers FLOAT (force one with {float} or {ints}); arrays INTS or FLOATS; a tensor TENSOR. */
export type OnnxAttribute = number | string | number[] | { float: number } | { floats: number[] } | OnnxTensor;

export interface OnnxNode {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, OnnxAttribute>;
}

export interface OnnxModel {
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  nodes: OnnxNode[];
  initializers?: OnnxTensor[];
  /** Default 13. */
  opset?: number;
}

const typeCode: Record<OnnxType, number> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 };

/** The bytes of an .onnx file. */
export function buildOnnxModel(model: OnnxModel): Uint8Array {
  const graph = join(
    ...model.nodes.map((node, index) => bytesField(1, encodeNode(node, index))),
    textField(2, 'test'),
    ...(model.initializers ?? []).map((tensor) => bytesField(5, encodeTensor(tensor))),
    ...model.inputs.map((value) => bytesField(11, encodeValue(value))),
    ...model.outputs.map((value) => bytesField(12, encodeValue(value))),
  );
  const opset = join(textField(1, ''), intField(2, model.opset ?? 13));
  return join(intField(1, 8), textField(2, 'plateflow-test'), bytesField(7, graph), bytesField(8, opset));
}

function encodeNode(node: OnnxNode, index: number): Uint8Array {
  return join(
    ...node.inputs.map((name) => textField(1, name)),
    ...node.outputs.map((name) => textField(2, name)),
    textField(3, `${node.op}_${index}`),
    textField(4, node.op),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => bytesField(5, encodeAttribute(name, value))),
  );
}

function encodeAttribute(name: string, value: OnnxAttribute): Uint8Array {
  const head = textField(1, name);
  if (typeof value === 'string') return join(head, textField(4, value), intField(20, 3));
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? join(head, intField(3, value), intField(20, 2))
      : join(head, floatField(2, value), intField(20, 1));
  }
  if (Array.isArray(value)) {
    return value.every(Number.isInteger)
      ? join(head, ...value.map((item) => intField(8, item)), intField(20, 7))
      : join(head, ...value.map((item) => floatField(7, item)), intField(20, 6));
  }
  if ('float' in value) return join(head, floatField(2, value.float), intField(20, 1));
  if ('floats' in value) return join(head, ...value.floats.map((item) => floatField(7, item)), intField(20, 6));
  return join(head, bytesField(5, encodeTensor(value)), intField(20, 4));
}

function encodeTensor(tensor: OnnxTensor): Uint8Array {
  const count = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (tensor.data.length !== count) {
    throw new Error(`Expected ${count} values for tensor ${tensor.name} but received ${tensor.data.length}`);
  }
  return join(
    ...tensor.dims.map((dim) => intField(1, dim)),
    intField(2, typeCode[tensor.type]),
    textField(8, tensor.name),
    bytesField(9, rawData(tensor)),
  );
}

function rawData(tensor: OnnxTensor): Uint8Array {
  const values = Array.from(tensor.data);
  if (tensor.type === 'int64') return new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  if (tensor.type === 'float32') return new Uint8Array(Float32Array.from(values).buffer);
  if (tensor.type === 'int32') return new Uint8Array(Int32Array.from(values).buffer);
  return Uint8Array.from(values);
}

function encodeValue(value: OnnxValue): Uint8Array {
  const dims = value.dims.map((dim) => bytesField(1, typeof dim === 'number' ? intField(1, dim) : textField(2, dim)));
  const tensorType = join(intField(1, typeCode[value.type]), bytesField(2, join(...dims)));
  return join(textField(1, value.name), bytesField(2, bytesField(1, tensorType)));
}

function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

function intField(field: number, value: number): Uint8Array {
  return join(varint(field * 8), varint(value));
}

function floatField(field: number, value: number): Uint8Array {
  return join(varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer));
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return join(varint(field * 8 + 2), varint(bytes.length), bytes);
}

function textField(field: number, text: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(text));
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
