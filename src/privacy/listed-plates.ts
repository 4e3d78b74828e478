import { ConfigError } from '../frame/config-error.js';
import { problemsText } from '../lists/errors.js';
import { readEntries } from '../lists/json.js';
import { KnownPlates } from '../lists/known-plates.js';

/**
 * From a plate of the list, in the steps of `PlateList`: a single O for 0, or I for 1, which readers tell apart by chance. More
 * would show plates of strangers that look like one of the list.
 */
const DISTANCE = 0.25;
/** What `Gate` says of plates that are on a list, but not at this time. */
const NOT_NOW = ['expired', 'not-yet'];

/** The plates that may be known in the modes of privacy with a list, whatever their rule. */
export class ListedPlates {
  readonly #known: KnownPlates;
  /** When the file has been read for the first time, or could not be. */
  readonly started: Promise<void>;

  /**
   * @param plates one per line, or with commas or semicolons between them
   * @param file path of a list as plate-list takes it, which is watched for changes; '' for none
   * @param report told when the file cannot be used, or only partly; never with a plate
   * @throws ConfigError when there is neither, or a plate is none; the error does not show it
   */
  constructor(plates: string, file: string, report: (message: string) => void) {
    const texts = plates.split(/[\n,;]/).filter((plate) => plate.trim() !== '');
    if (texts.length === 0 && file === '') {
      throw new ConfigError('Expected known plates (a list, a file, or both) for this privacy but received none');
    }
    const { entries, problems } = readEntries(texts.map((plate) => ({ plate, rule: 'allow' })));
    if (problems.length > 0) {
      throw new ConfigError(
        `Expected only plates in the list of known plates but received ${problems.length} that are none: ${problemsText(problems)}`,
      );
    }
    const settings = {
      entries,
      file,
      store: '',
      limits: { allow: DISTANCE, alert: DISTANCE, deny: DISTANCE },
      gate: { minReads: 1, minConfidence: 0, cooldownMs: 0 },
    };
    this.#known = new KnownPlates(settings, (message) => {
      if (message !== undefined) report(message);
    });
    this.started = this.#known.start();
  }

  /** Whether a plate is on the list now. A file that was never read, or is gone, has none. */
  has(plate: string): boolean {
    const { rule, code } = this.#known.judge({ plate, confidence: 1, agreeing: 1, event: 'final', hashed: false });
    return rule !== 'unknown' && !NOT_NOW.includes(code);
  }

  close(): void {
    this.#known.close();
  }
}
