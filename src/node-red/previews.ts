/** The latest picture of each overlay node, for the live preview in its dialog; undefined until the first one. */
const pictures = new Map<string, Buffer | undefined>();

/** The node shows a preview from now on. */
export function expectPreview(nodeId: string): void {
  pictures.set(nodeId, undefined);
}

/** Keeps a JPEG until the next one, or until `forgetPreview`. */
export function setPreview(nodeId: string, jpeg: Buffer): void {
  pictures.set(nodeId, jpeg);
}

/** `undefined`: no such node; `'waiting'`: it has not drawn anything yet. */
export function previewOf(nodeId: string): Buffer | 'waiting' | undefined {
  return pictures.has(nodeId) ? (pictures.get(nodeId) ?? 'waiting') : undefined;
}

/** The node is gone. */
export function forgetPreview(nodeId: string): void {
  pictures.delete(nodeId);
}
