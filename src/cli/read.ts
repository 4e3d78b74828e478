import fs from 'node:fs';
import path from 'node:path';
import type { PlateEvent } from '../events/plate-event.js';
import { VisitBook, type VisitInput } from '../events/visits.js';
import type { Frame } from '../frame/frame.js';
import { framePool } from '../frame/pool.js';
import { encodeJpeg } from '../image/encode.js';
import { composeDrawing } from '../overlay/compose.js';
import { hideSecrets } from '../sources/live/redact.js';
import { openSource, type SourceSettings } from '../sources/open.js';
import type { Pipeline, Scene } from '../stages/pipeline.js';
import { plateVoting } from '../reading/vote.js';
import { Tracker } from '../tracking/tracker.js';
import { isAddress, openCamera, type CameraLimits } from './live-camera.js';
import { numberOption, parseCommand, UsageError, type OptionValues } from './arguments.js';
import { Progress } from './progress.js';
import { openSession, sessionHelp, sessionOptions, type Session } from './session.js';

export const readHelp = `alpr read <picture|folder|video|address>… [options]   Reads the plates in pictures, videos and live cameras

An address is rtsp://…, rtsps://… or, for an MJPEG stream, http://… or https://…; it is read until Ctrl-C. User and password of the camera
come from the environment, ALPR_USER and ALPR_PASSWORD: every user of the machine can read a command line.

  --json                  one line per picture or frame: {file, frame?, width, height, vehicles, plates, timings}
  --draw FOLDER           writes annotated pictures there
  --fps X                 at most so many frames per second of a video or a camera (default all)
  --seconds X             stops a live camera after so long
  --every X               http: fetches a picture every X seconds instead of an MJPEG stream
  --ffmpeg PATH           the ffmpeg to decode videos and RTSP with
${sessionHelp}`;

const VIDEO = /\.(mp4|m4v|mkv|mov|avi|webm|ts|mpg|mpeg|mjpeg|mjpg|flv|wmv|3gp)$/i;

/** Exit code 0: everything was read; 1: at least one target could not be. */
export async function runRead(args: string[]): Promise<number> {
  const { values, targets } = parseCommand(args, {
    ...sessionOptions,
    json: { type: 'boolean' },
    draw: { type: 'string' },
    fps: { type: 'string' },
    seconds: { type: 'string' },
    every: { type: 'string' },
    ffmpeg: { type: 'string' },
  });
  if (targets.length === 0) throw new UsageError('Expected at least one picture, folder, video or address');
  const limits = {
    fps: numberOption(values, 'fps', 0.001, 1000),
    seconds: numberOption(values, 'seconds', 0.001, 2_000_000),
    every: numberOption(values, 'every', 0.1, 86_400),
  };
  const session = openSession(values);
  let failures = 0;
  try {
    for (const target of targets) {
      try {
        failures += await readTarget(target, values, limits, session);
      } catch (error) {
        failures++;
        process.stderr.write(`${hideSecrets(target)}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  } finally {
    await session.close();
  }
  return failures === 0 ? 0 : 1;
}

/** @returns the number of pictures in the target that could not be read */
async function readTarget(
  target: string,
  values: OptionValues,
  limits: CameraLimits & { fps: number | undefined },
  session: Session,
): Promise<number> {
  const isLive = isAddress(target);
  if (!isLive && !fs.existsSync(target))
    throw new Error('Expected a picture, folder or video but there is no such file');
  const isVideo = isLive || VIDEO.test(target);
  const isFolder = !isVideo && fs.statSync(target).isDirectory();
  const pipeline = await session.open({ minSharpness: isVideo ? 100 : 0 });
  const tracker = isVideo ? new Tracker({}, plateVoting) : undefined;
  const visits = new VisitBook({ provisional: false });
  const json = values['json'] === true;
  let failures = 0;
  const ffmpeg = typeof values['ffmpeg'] === 'string' ? values['ffmpeg'] : undefined;
  const settings: SourceSettings = {
    source: isVideo ? 'video' : isFolder ? 'folder' : 'picture',
    path: target,
    fps: limits.fps,
    ffmpeg,
  };
  const source = isLive
    ? openCamera(target, { ...limits, ffmpeg })
    : await openSource(settings, {
        pool: framePool(),
        camera: path.basename(target),
        onProblem(error) {
          failures++;
          process.stderr.write(`${error.message}\n`);
        },
      });
  const name = isLive ? source.description : path.basename(target);
  const progress = new Progress(name, source.expectedFrames ?? 0);
  try {
    for (let frame = await source.next(); frame !== null; frame = await source.next()) {
      const started = performance.now();
      const scene = await pipeline.process(frame, tracker);
      scene.timings['total'] = performance.now() - started;
      progress.advance();
      const file = source.currentFile ?? (isLive ? name : target);
      progress.finish();
      print(file, isVideo, frame, scene, json);
      if (isVideo && !json) printVisits(visits.update(visitOf(frame, scene)).events);
      if (typeof values['draw'] === 'string') await draw(values['draw'], file, isVideo, frame, scene, session);
      framePool().recycle(frame);
    }
    if (tracker !== undefined && !json) {
      const departed = tracker.flush();
      printVisits(visits.update({ cameraId: name, departed, tracked: true }).events);
    }
  } finally {
    progress.finish();
    await source.close();
    await closeQuietly(pipeline);
  }
  return failures;
}

function print(file: string, isVideo: boolean, frame: Frame, scene: Scene, json: boolean): void {
  const { vehicles, plates, timings } = scene;
  if (json) {
    const position = isVideo ? { frame: frame.sequence } : {};
    const { width, height } = frame;
    const rounded = Object.fromEntries(
      Object.entries(timings).map(([stage, ms]) => [stage, Math.round(ms * 100) / 100]),
    );
    process.stdout.write(
      `${JSON.stringify({ file, ...position, width, height, vehicles: vehicles ?? [], plates, timings: rounded })}\n`,
    );
    return;
  }
  const where = isVideo ? `${file} #${frame.sequence}` : file;
  if (plates.length === 0 && !isVideo) process.stdout.write(`${where}: no plate found\n`);
  for (const plate of plates) {
    if (plate.text === undefined && isVideo) continue;
    const text = plate.text ?? '';
    const why = plate.held === undefined ? '' : `  (held back: ${plate.held.reason})`;
    process.stdout.write(
      `${where}: ${text || '-'}  ${(plate.textConfidence ?? plate.vote?.confidence ?? 0).toFixed(2)}${why}\n`,
    );
  }
}

function visitOf(frame: Frame, scene: Scene): VisitInput {
  const { vehicles, plates, departed } = scene;
  return { cameraId: frame.cameraId, frame, vehicles, plates, departed, tracked: true };
}

/** What plate-out would say in a flow. */
function printVisits(events: PlateEvent[]): void {
  for (const { event, plate, confidence, reads, frames } of events) {
    process.stdout.write(`${event}: ${plate}  ${confidence.toFixed(2)}  ${reads} readings in ${frames} frames\n`);
  }
}

async function draw(
  folder: string,
  file: string,
  isVideo: boolean,
  frame: Frame,
  scene: Scene,
  session: Session,
): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  const drawing = composeDrawing(frame, scene.vehicles, scene.plates, {
    showVehicles: true,
    showPlates: true,
    showText: true,
    debug: true,
  });
  const { id, cameraId, sequence, timestamp, width, height } = frame;
  const copy = framePool().acquire({ id, cameraId, sequence, timestamp, width, height });
  await session.device.pixels.draw(frame, copy.buffer, drawing, cameraId);
  const name = path.parse(file).name + (isVideo ? `-${String(sequence).padStart(6, '0')}` : '');
  fs.writeFileSync(path.join(folder, `${name}.jpg`), await encodeJpeg(copy, { quality: 85 }));
  framePool().recycle(copy);
}

async function closeQuietly(pipeline: Pipeline): Promise<void> {
  await pipeline.close().catch(() => undefined);
}
