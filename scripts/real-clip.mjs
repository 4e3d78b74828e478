// Fetches a short real video for the demo, on request only. The clip belongs to its authors (MIT licence) and is not part of this package.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Cars at a toll lane in Viet Nam, 339 frames of 1280x720, from github.com/parkpow/deep-license-plate-recognition (MIT). */
export const CLIP = {
  file: 'parkpow-cars.mp4',
  url: 'https://raw.githubusercontent.com/parkpow/deep-license-plate-recognition/fc41ddeb70f16deebd15a10d8e44fc6431876327/assets/cars.mp4',
  sha256: '37ecc4e949a9ce969f39dc2595fbb4ff44f25fd267f6395dfb203b9f7429885c',
  size: 3534541,
};

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/**
 * @param folder where the clip is kept
 * @param clip address and checksum; another one in tests
 * @returns the clip's path, or undefined after saying why it could not be had
 */
export async function fetchClip(folder, clip = CLIP) {
  const target = path.join(folder, clip.file);
  if (fs.existsSync(target) && sha256(fs.readFileSync(target)) === clip.sha256) return target;
  console.log(`Fetching ${clip.url} (${(clip.size / 1e6).toFixed(1)} MB) …`);
  let data;
  try {
    const response = await fetch(clip.url, { signal: AbortSignal.timeout(60_000) });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    data = Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const reason = error.cause?.message || error.message;
    console.log(`The clip could not be fetched (${reason}). Are you offline? The demo goes on with the drawn sample.`);
    return undefined;
  }
  if (sha256(data) !== clip.sha256) {
    console.log(
      'What came is not the clip that was expected (checksum differs). The demo goes on with the drawn sample.',
    );
    return undefined;
  }
  fs.mkdirSync(folder, { recursive: true });
  // Renamed into place, so that a broken-off download is never taken for the clip.
  fs.writeFileSync(`${target}.part`, data);
  fs.renameSync(`${target}.part`, target);
  return target;
}
