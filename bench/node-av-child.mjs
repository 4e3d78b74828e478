// Decodes a video with node-av and writes every frame as RGB to stdout, as ffmpeg does with -f rawvideo: the other side of bench/node-av.ts.
// Arguments: the folder of node-av, the video. Last line on stderr: JSON with what it cost.
import { writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

const [folder, video] = process.argv.slice(2);
const load = (part) => import(pathToFileURL(`${folder}/dist/${part}/index.js`).href);
const { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet, SoftwareScaleContext } = await load('lib');
const { AVERROR_EOF, AVMEDIA_TYPE_VIDEO, AV_PIX_FMT_RGB24, SWS_BICUBIC } = await load('constants');
const check = (result, what) => FFmpegError.throwIfError(result, what);

const input = new FormatContext();
check(input.openInputSync(video), 'open');
check(input.findStreamInfoSync(), 'streams');
const index = input.findBestStream(AVMEDIA_TYPE_VIDEO);
const { codecpar } = input.streams[index];
const codec = Codec.findDecoder(codecpar.codecId);
const decoder = new CodecContext();
decoder.allocContext3(codec);
check(decoder.parametersToContext(codecpar), 'parameters');
decoder.threadCount = 0;
check(decoder.open2Sync(codec, null), 'decoder');

const packet = new Packet();
packet.alloc();
const frame = new Frame();
frame.alloc();
const rgb = new Frame();
rgb.alloc();
[rgb.width, rgb.height, rgb.format] = [codecpar.width, codecpar.height, AV_PIX_FMT_RGB24];
check(rgb.getBuffer(1), 'buffer');
const scaler = new SoftwareScaleContext();
scaler.getContext(
  codecpar.width,
  codecpar.height,
  codecpar.format,
  codecpar.width,
  codecpar.height,
  AV_PIX_FMT_RGB24,
  SWS_BICUBIC,
);

let frames = 0;
let firstMs = 0;

function receive() {
  while (decoder.receiveFrameSync(frame) >= 0) {
    check(scaler.scaleFrameSync(rgb, frame), 'scale');
    const bytes = rgb.toBuffer();
    for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
    if (frames++ === 0) firstMs = performance.now();
  }
}

for (let result = input.readFrameSync(packet); result >= 0; result = input.readFrameSync(packet)) {
  if (packet.streamIndex === index) {
    const sent = decoder.sendPacketSync(packet);
    if (sent < 0 && sent !== AVERROR_EOF) check(sent, 'send');
    receive();
  }
  packet.unref();
}
decoder.sendPacketSync(null);
receive();
const { user, system } = process.cpuUsage();
const { maxRSS } = process.resourceUsage();
console.error(JSON.stringify({ frames, cpuMs: (user + system) / 1000, rssMb: maxRSS / 1024, firstMs }));
