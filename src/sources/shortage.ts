/** What a computer runs out of, by the codes of Node.js and of the system, in words that go on after "but ". */
const shortages = new Map(
  Object.entries({
    EMFILE: 'Node-RED may open no more files (EMFILE; the limit is "ulimit -n", of a systemd service LimitNOFILE)',
    ENFILE: 'this computer can open no more files (ENFILE)',
    EAGAIN:
      'this computer starts no more programs and threads (EAGAIN; the limit is "ulimit -u", of a systemd service TasksMax, of a container --pids-limit)',
    ENOMEM: 'there is too little memory (ENOMEM)',
    ERR_WORKER_OUT_OF_MEMORY: 'there is too little memory for its thread (ERR_WORKER_OUT_OF_MEMORY)',
  }),
);

/**
 * Why a program or a thread could not be started, where the computer has run out of something: it may work later.
 * @returns undefined for every other error
 */
export function shortageOf(error: unknown): string | undefined {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const known = shortages.get(String(code));
  if (known !== undefined) return known;
  // A thread that the system refuses: "Worker initialization failure: EAGAIN".
  if (code !== 'ERR_WORKER_INIT_FAILED') return undefined;
  return shortages.get(/: (E[A-Z]+)$/.exec(String(message))?.[1] ?? '') ?? shortages.get('EAGAIN');
}
