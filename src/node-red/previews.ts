/** Whoever wants every picture of a node as it comes. */
export interface Watcher {
  show(jpeg: Buffer): void;
  /** The node is gone or deployed anew. */
  end(): void;
}

/** A picture, and a number that no other picture of this process has. */
export interface NumberedPicture {
  jpeg: Buffer;
  number: number;
}

interface Preview {
  picture: NumberedPicture | undefined;
  readonly watchers: Set<Watcher>;
}

/** The latest picture of each overlay node that shows a preview. */
const previews = new Map<string, Preview>();
let pictures = 0;

/** The node shows a preview from now on. */
export function expectPreview(nodeId: string): void {
  forgetPreview(nodeId);
  previews.set(nodeId, { picture: undefined, watchers: new Set() });
}

/** Keeps a JPEG until the next one, or until `forgetPreview`. Nothing is kept for a node that shows no preview. */
export function setPreview(nodeId: string, jpeg: Buffer): void {
  const preview = previews.get(nodeId);
  if (preview === undefined) return;
  preview.picture = { jpeg, number: ++pictures };
  for (const watcher of preview.watchers) watcher.show(jpeg);
}

/** `undefined`: no such node; `'waiting'`: it has not drawn anything yet. */
export function previewOf(nodeId: string): NumberedPicture | 'waiting' | undefined {
  const preview = previews.get(nodeId);
  return preview === undefined ? undefined : (preview.picture ?? 'waiting');
}

/** Shows the watcher the latest picture and every one that follows, until `unwatchPreview` or the node's end. */
export function watchPreview(nodeId: string, watcher: Watcher): void {
  const preview = previews.get(nodeId);
  if (preview === undefined) {
    watcher.end();
    return;
  }
  preview.watchers.add(watcher);
  if (preview.picture !== undefined) watcher.show(preview.picture.jpeg);
}

/** The watcher has seen enough. */
export function unwatchPreview(nodeId: string, watcher: Watcher): void {
  previews.get(nodeId)?.watchers.delete(watcher);
}

/** The node is gone. */
export function forgetPreview(nodeId: string): void {
  const preview = previews.get(nodeId);
  previews.delete(nodeId);
  for (const watcher of preview?.watchers ?? []) watcher.end();
}
