/**
 * An error's message as a finding has it. Ours say `Expected … but received …. What to do.`, the longer ones with a list below the
 * first line.
 */
export function splitMessage(message: string): { title: string; fix?: string } {
  const [first = '', ...rest] = message.split('\n');
  const end = first.search(/\. (?=[A-Z])/);
  const title = (end < 0 ? first : first.slice(0, end)).replace(/[.:]$/, '');
  const fix = (end < 0 ? (rest.at(-1) ?? '') : first.slice(end + 2)).replace(/\.$/, '');
  return fix === '' || fix.startsWith(' ') ? { title } : { title, fix };
}
