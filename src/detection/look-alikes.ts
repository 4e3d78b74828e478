/** Letters and digits that many plate fonts draw alike; a reader tells them apart by chance, and the winner may change from visit to visit. */
const LOOK_ALIKE: Readonly<Record<string, string>> = { O: '0', I: '1', '0': 'O', '1': 'I' };

export function lookAlike(a: string, b: string): boolean {
  return LOOK_ALIKE[a] === b;
}

/** The same text for texts that differ in look-alikes only: O becomes 0, I becomes 1. For comparing; nobody is shown it. */
export function foldLookAlikes(text: string): string {
  return text.replaceAll('O', '0').replaceAll('I', '1');
}
