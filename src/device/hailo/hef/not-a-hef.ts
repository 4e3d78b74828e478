interface Other {
  /** `a Git-LFS pointer` */
  what: string;
  fix: string;
}

const AGAIN = 'Fetch the .hef file again';

/**
 * What a file that does not begin like a HEF is, with what to do: people download the wrong thing in a few well-known ways.
 *
 * @param bytes the first KB
 */
export function notAHef(bytes: Buffer, path: string): Other {
  const text = bytes.toString('latin1', 0, 512);
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    return {
      what: 'a Git-LFS pointer, a small text that stands for the file',
      fix: 'Fetch the real file with `git lfs pull`, or download it from the web page of the repository',
    };
  }
  if (/^\s*(<!doctype|<html|<head|<\?xml|<!--)/i.test(text)) {
    return { what: 'a web page, as a download gives that has failed', fix: `Open the address in a browser. ${AGAIN}` };
  }
  if (/^\s*[{[]\s*["{[]/.test(text)) return { what: 'a JSON text', fix: `Perhaps it tells what failed. ${AGAIN}` };
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return { what: 'a gzip archive', fix: 'Unpack it and use the .hef file' };
  if (text.startsWith('PK\x03\x04')) return { what: 'a zip archive', fix: 'Unpack it and use the .hef file' };
  if (text.startsWith('\xfd7zXZ') || text.startsWith('7z\xbc\xaf')) {
    return { what: 'a compressed archive', fix: 'Unpack it and use the .hef file' };
  }
  if (text.slice(257, 262) === 'ustar') return { what: 'a tar archive', fix: 'Unpack it and use the .hef file' };
  if (text.startsWith('TFL3', 4)) return { what: 'a TensorFlow Lite model', fix: compile('TensorFlow Lite') };
  if (path.toLowerCase().endsWith('.onnx') || looksLikeOnnx(bytes)) {
    return { what: 'an ONNX model', fix: compile('ONNX') };
  }
  if (bytes.length < 12) return { what: `a file of ${bytes.length} bytes`, fix: AGAIN };
  if (/^[\t\r\n -~]*$/.test(text)) return { what: 'a text', fix: AGAIN };
  return { what: 'a file of another kind', fix: AGAIN };
}

function compile(kind: string): string {
  return `Compile it with Hailo's Dataflow Compiler, or use ${kind === 'ONNX' ? 'it on the CPU' : 'its ONNX file on the CPU'}`;
}

/** ModelProto: field 1 ir_version, a small number, then the producer, its version or the opset. */
function looksLikeOnnx(bytes: Buffer): boolean {
  const followers = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42];
  return bytes[0] === 0x08 && bytes[1]! >= 3 && bytes[1]! <= 20 && followers.includes(bytes[2]!);
}
