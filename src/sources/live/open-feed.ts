import { SourceError } from '../source.js';
import type { FeedContext, OpenFeed } from './feed.js';
import { openMjpegFeed } from './http/mjpeg.js';
import { openSnapshotFeed } from './http/snapshot.js';
import type { LiveSettings } from './settings.js';

/** The feed of a camera with these settings; opened by calling what is given back. Never throws. */
export function openFeed(settings: LiveSettings, context: FeedContext): OpenFeed {
  switch (settings.source) {
    case 'mjpeg':
      return openMjpegFeed(settings, context);
    case 'snapshot':
      return openSnapshotFeed(settings, context);
    default:
      return (sink) => {
        setImmediate(() =>
          sink.ended(
            new SourceError(`Expected a camera but ${settings.source} is not there yet`, 'ALPR_SOURCE_SETTINGS'),
          ),
        );
        return { description: settings.source, close: async () => undefined };
      };
  }
}
