import type { PlainError } from '../device/pool/protocol.js';
import type { Store } from './store.js';

/** What the thread of a file is asked: a method of its store. */
export interface FileCall {
  id: number;
  method: keyof Store;
  args: unknown[];
}

export type FileReply = { id: number; result: unknown } | { id: number; error: PlainError };

export interface FileStart {
  path: string;
  key: string;
}
