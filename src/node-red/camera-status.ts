import type { CameraCounts, CameraReport } from '../sources/live/camera-state.js';
import type { StatusLine } from './status.js';

/** Rates are those of the last seconds, so many samples. */
const SAMPLES = 5;

/** What is shown of an error where there is room for few words. */
const REASONS: Record<string, string> = {
  ALPR_SOURCE: 'lost',
  ALPR_SOURCE_STALLED: 'silent',
  ALPR_SOURCE_UNREACHABLE: 'unreachable',
  ALPR_SOURCE_LOGIN: 'login refused',
  ALPR_SOURCE_SETTINGS: 'check settings',
  ALPR_FFMPEG: 'no ffmpeg',
};

/** Frames per second, from counts that are looked at about once a second. */
export class CountRates {
  private readonly samples: { at: number; received: number; sent: number }[] = [];

  /** @param now ms. @returns undefined until there are two samples */
  sample({ received, sent }: CameraCounts, now: number): { in: number; out: number } | undefined {
    this.samples.push({ at: now, received, sent });
    if (this.samples.length > SAMPLES + 1) this.samples.shift();
    const first = this.samples[0]!;
    const seconds = (now - first.at) / 1000;
    if (seconds <= 0) return undefined;
    return { in: (received - first.received) / seconds, out: (sent - first.sent) / seconds };
  }

  reset(): void {
    this.samples.length = 0;
  }
}

/** Shows a camera's state under its node. */
export function showCamera(
  status: StatusLine,
  report: CameraReport,
  rates: { in: number; out: number } | undefined,
  now: Date = new Date(),
): void {
  const { state, code, retryInMs, counts } = report;
  switch (state) {
    case 'stopped':
      return status.idle(counts.sent > 0 ? `stopped · ${counts.sent} sent` : 'stopped');
    case 'connecting':
      return status.waitingFor('connecting');
    case 'still':
      return status.idle(`still · ${rateIn(rates)}${counts.held} held${damage(counts)}`);
    case 'live': {
      const sent = rates === undefined ? ` · ${counts.sent}` : ` ${rateIn(rates)}${rate(rates.out)}`;
      const text = `live${sent} sent · ${counts.dropped} dropped${damage(counts)}`;
      // Plates are read worse than the camera could show them.
      if (report.mainStream === 'lost') return status.waitingFor(`no main stream · ${text}`);
      return status.ok(text);
    }
    case 'lost':
    case 'failed': {
      const why = REASONS[code ?? ''] ?? 'lost';
      return status.failed(retryInMs === undefined ? why : `${why} · again at ${clock(now, retryInMs)}`);
    }
  }
}

/** ` · 3 damaged`, once there was any. */
function damage({ damaged }: CameraCounts): string {
  return damaged === 0 ? '' : ` · ${damaged} damaged`;
}

/** `14.8 fps in · ` */
function rateIn(rates: { in: number } | undefined): string {
  return rates === undefined ? '' : `${rate(rates.in)} fps in · `;
}

/** One decimal, two below one: a picture every few seconds is not none. */
function rate(perSecond: number): string {
  return perSecond < 0.995 ? perSecond.toFixed(2) : perSecond.toFixed(1);
}

/** `14:03:22` on this machine's clock. */
function clock(now: Date, laterMs: number): string {
  const time = new Date(now.getTime() + laterMs);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}
