import { SourceError } from '../source.js';
import { withDetail } from './detail/with-detail.js';
import type { FeedContext, OpenFeed } from './feed.js';
import { openFfmpegFeed } from './ffmpeg-feed.js';
import { customInput } from './ffmpeg-inputs/custom.js';
import { picameraInput } from './ffmpeg-inputs/picamera.js';
import { rtspInput } from './ffmpeg-inputs/rtsp.js';
import { usbInput } from './ffmpeg-inputs/usb.js';
import { openMjpegFeed } from './http/mjpeg.js';
import { openSnapshotFeed } from './http/snapshot.js';
import { liveKinds, type LiveSettings } from './settings.js';

/** Says how to connect to the camera of these settings; what is wrong with them is said by the connection, as everything else. */
export function openFeed(settings: LiveSettings, context: FeedContext): OpenFeed {
  switch (settings.source) {
    case 'rtsp':
      return withDetail(openFfmpegFeed(settings, context, rtspInput), settings, context);
    case 'usb':
      return openFfmpegFeed(settings, context, usbInput);
    case 'picamera':
      return openFfmpegFeed(settings, context, picameraInput);
    case 'ffmpeg':
      return openFfmpegFeed(settings, context, customInput);
    case 'mjpeg':
      return openMjpegFeed(settings, context);
    case 'snapshot':
      return openSnapshotFeed(settings, context);
    default:
      return refuse(settings.source);
  }
}

function refuse(source: never): OpenFeed {
  return (sink) => {
    let closed = false;
    setImmediate(() => {
      if (closed) return;
      const wanted = liveKinds.join(', ');
      sink.ended(
        new SourceError(`Expected one of ${wanted} for source but received ${String(source)}`, 'ALPR_SOURCE_SETTINGS'),
      );
    });
    return {
      description: 'a camera',
      close: () => {
        closed = true;
        return Promise.resolve();
      },
    };
  };
}
