/** Kinds of live cameras. */
export const liveKinds = ['rtsp', 'mjpeg', 'snapshot', 'usb', 'picamera', 'ffmpeg'] as const;
export type LiveKind = (typeof liveKinds)[number];

/** How ffmpeg decodes. `auto`: whatever ffmpeg finds; every choice but `none` falls back to `none` where it does not work. */
export const hardwareDecoders = ['none', 'auto', 'vaapi', 'v4l2m2m', 'cuda'] as const;
export type HardwareDecoder = (typeof hardwareDecoders)[number];

export const rtspTransports = ['tcp', 'udp'] as const;
export type RtspTransport = (typeof rtspTransports)[number];

/** What a person sets of a live camera. */
export interface LiveSettings {
  source: LiveKind;
  /** rtsp, mjpeg, snapshot: address without user and password. */
  url?: string | undefined;
  /** From the credentials of the node. */
  user?: string | undefined;
  password?: string | undefined;
  /** rtsp. Default tcp. */
  transport?: RtspTransport | undefined;
  /** usb: device such as `/dev/video0`; picamera: number of the camera, `0` when left out. */
  device?: string | undefined;
  /** usb, picamera: `1920x1080@30`, for usb also with a pixel format: `1920x1080@30 mjpeg`; empty: the camera's choice. */
  mode?: string | undefined;
  /** ffmpeg: own input options and input, as one would type them in a shell (quotes work, nothing is expanded). */
  arguments?: string | undefined;
  /** rtsp, usb, ffmpeg. Default none. */
  hwaccel?: HardwareDecoder | undefined;
  /** `/dev/dri/renderD128` and the like; empty: ffmpeg's choice. */
  hwDevice?: string | undefined;
  /** snapshot: seconds from one picture to the next. Default 1. */
  interval?: number | undefined;
  /** At most so many frames per second; left out: all. */
  fps?: number | undefined;
  /** Wider frames are scaled down to this, pixels; left out: as they come. */
  maxWidth?: number | undefined;
  /** Path of ffmpeg; the one on PATH when left out or empty. */
  ffmpeg?: string | undefined;
  maxMegapixels?: number | undefined;
  /** A stream that brings nothing for so long counts as lost, ms. Default 10 000. */
  timeoutMs?: number | undefined;
  /** rtsp: address of the same camera's larger stream, without user and password; plates are cut from it when a track needs them. */
  detailUrl?: string | undefined;
  /** How much later the larger stream shows the same moment, ms; negative: earlier. Default 0. */
  detailOffsetMs?: number | undefined;
}
