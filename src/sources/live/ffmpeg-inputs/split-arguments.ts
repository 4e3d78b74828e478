/**
 * Splits a line into arguments as a POSIX shell does (IEEE 1003.1, 2.2 Quoting), and expands nothing: no variables, no
 * wildcards, no commands. `'…'` is literal, in `"…"` a backslash keeps `"`, `\`, `$` and a grave accent from meaning anything
 * (so that a line copied from a shell stays the same), elsewhere it takes the next character as it is. Line breaks separate.
 * @returns undefined where a quote is not closed or a backslash ends the line
 */
export function splitArguments(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(line, at + 1, character);
      if (quoted === undefined) return undefined;
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (character === '\\') {
      at++;
      if (at === line.length) return undefined;
      // A backslash before a line break goes on in the next line.
      if (line[at] !== '\n') word = (word ?? '') + line[at]!;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function readQuoted(line: string, start: number, quote: string): { text: string; end: number } | undefined {
  let text = '';
  for (let at = start; at < line.length; at++) {
    if (line[at] === quote) return { text, end: at };
    const escapes = quote === '"' && line[at] === '\\' && '"\\$`'.includes(line[at + 1] ?? ' ');
    if (escapes) at++;
    text += line[at]!;
  }
  return undefined;
}
