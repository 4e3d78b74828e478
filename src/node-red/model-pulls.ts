import { Catalogue } from '../models/catalogue.js';
import { fileStates, type FileState } from '../models/download/inventory.js';
import { pullModelFile, type FetchOptions } from '../models/download/pull.js';
import { downloadFolder } from '../models/folder.js';
import type { ModelTarget } from '../models/locate.js';
import type { Manifest } from '../models/manifest.js';
import { toError } from './errors.js';

/** Where a device's models come from. */
export interface ModelFolders {
  /** Folders of manifests besides the package's own. */
  extra: readonly string[];
  /** Where files are fetched to. */
  downloads: string;
}

/** A model and its files as the dialog lists them; no paths, no addresses. */
export interface ModelFilesSummary {
  name: string;
  title: string;
  task: Manifest['task'];
  licence: string;
  files: {
    target: ModelTarget;
    file: string;
    /** Bytes, of the file that is there or as the manifest says. */
    size?: number;
    state: FileState;
    /** It can be fetched. */
    url: boolean;
  }[];
}

/** One download, running or over; plain data. */
export interface PullJob {
  /** `<name>/<target>`: one download per file at a time. */
  id: string;
  name: string;
  target: ModelTarget;
  /** `waiting`: another process fetches the same file, or the network is broken and it is tried again in a moment. */
  state: 'waiting' | 'downloading' | 'checking' | 'done' | 'failed' | 'cancelled';
  /** Bytes so far. */
  received: number;
  /** Bytes in all, where the server says. */
  total?: number;
  /** One sentence, when it failed. */
  error?: string;
}

/** All models of a device with the state of each of their files; a device without folders of its own has the package's. */
export async function listModelFiles(folders: ModelFolders = modelFolders('')): Promise<ModelFilesSummary[]> {
  const list: ModelFilesSummary[] = [];
  for (const manifest of catalogueOf(folders).list()) {
    const { name, title, task, licence } = manifest;
    const files = (await fileStates(manifest)).map(({ target, entry, state, size }) => ({
      target,
      file: entry.file,
      ...(size === undefined ? {} : { size }),
      state,
      url: entry.url !== undefined,
    }));
    list.push({ name, title, task, licence, files });
  }
  return list;
}

/** @param modelDirectory the device's setting; '' for none */
export function modelFolders(modelDirectory: string, userDir?: string): ModelFolders {
  return { extra: modelDirectory === '' ? [] : [modelDirectory], downloads: downloadFolder(userDir) };
}

/**
 * The downloads that dialogs started. They go on when a dialog closes; what became of one is kept until the same file is
 * fetched again.
 */
export class ModelPulls {
  private readonly jobs = new Map<string, { job: PullJob; abort: AbortController; finished: Promise<void> }>();

  constructor(private readonly fetchOptions: FetchOptions = {}) {}

  /**
   * Starts fetching a file, or tells of the download of it that is under way.
   * @throws ModelError when there is no such model
   */
  start(folders: ModelFolders | undefined, name: string, target: ModelTarget): PullJob {
    const where = folders ?? modelFolders('');
    const manifest = catalogueOf(where).get(name);
    const key = `${where.downloads}\n${name}/${target}`;
    const running = this.jobs.get(key);
    if (running !== undefined && isRunning(running.job)) return { ...running.job };
    const job: PullJob = { id: `${name}/${target}`, name, target, state: 'waiting', received: 0 };
    const abort = new AbortController();
    this.jobs.delete(key);
    this.jobs.set(key, { job, abort, finished: this.fetch(manifest, job, abort.signal, where.downloads) });
    return { ...job };
  }

  /** All downloads, in the order they were started in. */
  state(): PullJob[] {
    return [...this.jobs.values()].map(({ job }) => ({ ...job }));
  }

  /** Stops a download; what came so far is kept for the next time. @returns whether one was running */
  cancel(id: string): boolean {
    let found = false;
    for (const { job, abort } of this.jobs.values()) {
      if (job.id !== id || !isRunning(job)) continue;
      abort.abort();
      found = true;
    }
    return found;
  }

  /** Stops all, and waits until no file is open any more. */
  async close(): Promise<void> {
    for (const { abort } of this.jobs.values()) abort.abort();
    await Promise.all([...this.jobs.values()].map(({ finished }) => finished));
  }

  private async fetch(manifest: Manifest, job: PullJob, signal: AbortSignal, folder: string): Promise<void> {
    try {
      const pulled = await pullModelFile(manifest, job.target, {
        folder,
        signal,
        fetchOptions: this.fetchOptions,
        onProgress: ({ phase, received, total }) => {
          job.state = phase;
          job.received = received;
          if (total === undefined) delete job.total;
          else job.total = total;
        },
      });
      job.state = 'done';
      job.received = job.total = pulled.size;
    } catch (thrown) {
      job.state = signal.aborted ? 'cancelled' : 'failed';
      if (!signal.aborted) job.error = toError(thrown).message;
    }
  }
}

function isRunning({ state }: PullJob): boolean {
  return state === 'waiting' || state === 'downloading' || state === 'checking';
}

function catalogueOf({ extra, downloads }: ModelFolders): Catalogue {
  return new Catalogue(extra, { downloads });
}
