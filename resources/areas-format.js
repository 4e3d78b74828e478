// Zones and lines as settings hold them: what is wrong with a text, and texts to points and back. As src/areas and
// src/events/line-crossing.ts read them; a spec compares. No part of it needs a page.
(function (root) {
  const MOST_CHARACTERS = 20000;
  const MOST_AREAS = 50;
  const MOST_POINTS = 100;
  const LONGEST_NAME = 60;
  const LEAST_AREA = 1e-6;
  const LEAST_LENGTH = 0.02;
  const LEAST_SINE = 0.1;

  function trimmed(setting) {
    return String(setting === undefined || setting === null ? '' : setting).trim();
  }

  function isJson(text) {
    return /^[[{]/.test(text);
  }

  function coordinatesOf(point) {
    if (typeof point === 'string') {
      const parts = point.split(',');
      return parts.length === 2 && !parts.includes('') ? parts.map(Number) : [];
    }
    if (Array.isArray(point)) return point.length === 2 ? point : [];
    return point && typeof point === 'object' ? [point.x, point.y] : [];
  }

  function isShare(value) {
    return typeof value === 'number' && value >= 0 && value <= 1;
  }

  /** The points of a text or of parsed JSON as [x, y]; undefined when there is something else among them. */
  function pointsOf(value) {
    const list = typeof value === 'string' ? value.split(/[\s;]+/).filter((part) => part !== '') : value;
    if (!Array.isArray(list)) return undefined;
    const points = list.map(coordinatesOf);
    return points.every((point) => point.length === 2 && point.every(isShare)) ? points : undefined;
  }

  function linePoints(text) {
    try {
      const points = pointsOf(isJson(text) ? JSON.parse(text) : text);
      return points && points.length === 2 ? points : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether a line between two points {x, y} has such a side: a level one has no left. */
  function hasSide(from, to, side) {
    const across = to.x - from.x;
    const down = to.y - from.y;
    const length = Math.hypot(across, down);
    return Math.abs(side === 'left' || side === 'right' ? down : across) / length >= LEAST_SINE;
  }

  /** What is wrong with a line: `line` or `side`; undefined when nothing, as with an empty one. */
  function lineProblem(setting, side) {
    const text = trimmed(setting);
    if (text === '') return undefined;
    const points = text.length > MOST_CHARACTERS ? undefined : linePoints(text);
    if (!points) return 'line';
    const [from, to] = points.map(toPoint);
    if (Math.hypot(to.x - from.x, to.y - from.y) < LEAST_LENGTH) return 'line';
    return hasSide(from, to, side) ? undefined : 'side';
  }

  /** Name and points of each zone; throws for what is neither lines nor JSON. */
  function namedPoints(text) {
    if (isJson(text)) {
      const json = JSON.parse(text);
      return Array.isArray(json) ? json.map((zone) => [zone.name, zone.points]) : Object.entries(json);
    }
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
    return lines.map((line) => {
      const colon = line.lastIndexOf(':');
      return [line.slice(0, Math.max(0, colon)), line.slice(colon + 1)];
    });
  }

  /** Whether points [x, y] lie around an area: those on one line do not. */
  function hasArea(points) {
    const [first] = points;
    return points.some((to, index) => {
      const from = points[(index + points.length - 1) % points.length];
      const twice = (from[0] - first[0]) * (to[1] - first[1]) - (to[0] - first[0]) * (from[1] - first[1]);
      return Math.abs(twice) / 2 >= LEAST_AREA;
    });
  }

  /** What is wrong with zones: the number of the first bad one, 0 for the whole; undefined when nothing. */
  function zonesProblem(setting) {
    const text = trimmed(setting);
    if (text === '') return undefined;
    let zones;
    try {
      zones = namedPoints(text);
    } catch {
      return 0;
    }
    if (text.length > MOST_CHARACTERS || zones.length > MOST_AREAS) return 0;
    const names = new Set();
    for (let index = 0; index < zones.length; index++) {
      const name = typeof zones[index][0] === 'string' ? zones[index][0].trim() : '';
      const points = pointsOf(zones[index][1]);
      const isGood = points && points.length >= 3 && points.length <= MOST_POINTS && hasArea(points);
      if (name === '' || name.length > LONGEST_NAME || names.has(name) || !isGood) return index + 1;
      names.add(name);
    }
    return undefined;
  }

  function isBrokenJson(setting) {
    const text = trimmed(setting);
    if (!isJson(text)) return false;
    try {
      JSON.parse(text);
      return false;
    } catch {
      return true;
    }
  }

  function toPoint(pair) {
    return { x: pair[0], y: pair[1] };
  }

  /** The areas of a good text as {name, points: [{x, y}]}; undefined for one with problems. */
  function readAreas(setting) {
    if (zonesProblem(setting) !== undefined) return undefined;
    const text = trimmed(setting);
    if (text === '') return [];
    return namedPoints(text).map(([name, points]) => ({ name: name.trim(), points: pointsOf(points).map(toPoint) }));
  }

  /** The two points of a line; null for an empty text, undefined for one that is none. */
  function readLine(setting) {
    const text = trimmed(setting);
    if (text === '') return null;
    const points = text.length > MOST_CHARACTERS ? undefined : linePoints(text);
    return points && points.map(toPoint);
  }

  /** Within the picture, and no finer than anybody can see. */
  function share(value) {
    return Math.round(Math.min(1, Math.max(0, value)) * 10000) / 10000;
  }

  function formatPoints(points) {
    return points.map((point) => share(point.x) + ',' + share(point.y)).join(' ');
  }

  /** One line per area. */
  function formatAreas(areas) {
    return areas.map((area) => area.name + ': ' + formatPoints(area.points)).join('\n');
  }

  /** A name that a line of text can hold: not empty, not too long, and not taken for JSON. */
  function cleanName(name) {
    const plain = name.replace(/\s+/g, ' ').replace(/^[\s[{]+/, '');
    return plain.slice(0, LONGEST_NAME).trim();
  }

  root.plateflowAreas = Object.assign(root.plateflowAreas || {}, {
    MOST_AREAS,
    MOST_POINTS,
    LEAST_LENGTH,
    lineProblem,
    zonesProblem,
    isBrokenJson,
    hasSide,
    hasArea,
    readAreas,
    readLine,
    share,
    formatPoints,
    formatAreas,
    cleanName,
  });
})(globalThis);
