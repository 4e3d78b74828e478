import sharp from 'sharp';

/** A JPEG of one colour, given as grey. */
export function jpeg(grey: number, width = 32, height = 24): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r: grey, g: grey, b: grey } } })
    .jpeg({ quality: 90, optimiseCoding: false })
    .toBuffer();
}

/** A JPEG whose bytes are hard to compress. */
export function noisyJpeg(random: () => number, width = 96, height = 64): Promise<Buffer> {
  const pixels = Buffer.from(Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256)));
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90, optimiseCoding: false })
    .toBuffer();
}

/** The picture with another one in its EXIF data, start and end markers and all. */
export function withThumbnail(picture: Buffer, thumbnail: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from('Exif\0\0'), thumbnail]);
  const head = Buffer.from([0xff, 0xe1, (content.length + 2) >> 8, (content.length + 2) & 255]);
  return Buffer.concat([picture.subarray(0, 2), head, content, picture.subarray(2)]);
}

/** The picture without its end marker. */
export function withoutEnd(picture: Buffer): Buffer {
  return picture.subarray(0, picture.length - 2);
}

/** The picture without its Huffman tables: cameras that send the frames of AVI files leave them out. */
export function withoutTables(picture: Buffer): Buffer {
  const pieces = [picture.subarray(0, 2)];
  let i = 2;
  while (picture[i + 1] !== 0xda) {
    const end = i + 2 + picture.readUInt16BE(i + 2);
    if (picture[i + 1] !== 0xc4) pieces.push(picture.subarray(i, end));
    i = end;
  }
  return Buffer.concat([...pieces, picture.subarray(i)]);
}
