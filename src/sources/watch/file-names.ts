import { extname } from 'node:path';
import { isPictureName } from '../folder.js';

export const videoExtensions = ['.mp4', '.m4v', '.mov', '.mkv', '.webm', '.avi', '.ts', '.mts', '.m2ts'];

/** True for names that end like a video's. */
export function isVideoName(name: string): boolean {
  return videoExtensions.includes(extname(name).toLowerCase());
}

/**
 * True for names of pictures and videos. What programs write under until they are done is none: hidden names (`.in.a.jpg.`, `._a.jpg`) and other
 * endings (`a.jpg.part`, `a.jpg.tmp`, `a.mp4.filepart`).
 */
export function isWatchedName(name: string): boolean {
  return !name.startsWith('.') && (isPictureName(name) || isVideoName(name));
}
