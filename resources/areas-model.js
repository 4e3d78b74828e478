// What the editor of areas works on: areas by layer, a line, what is selected, and the way back. No part of it needs a page.
(function (root) {
  const parts = (root.plateflowAreas = root.plateflowAreas || {});
  const MOST_STEPS = 200;

  function clone(value) {
    return JSON.parse(JSON.stringify(value));
  }

  /** How far points may move together until one meets the edge of the picture. */
  function within(points, delta, axis) {
    const values = points.map((point) => point[axis]);
    return Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), delta));
  }

  function rounded(point) {
    return { x: parts.share(point.x), y: parts.share(point.y) };
  }

  class AreasModel {
    /** @param layers their keys, such as `regions` and `masks` */
    constructor(layers) {
      this.layers = layers;
      this.areas = Object.fromEntries(layers.map((key) => [key, []]));
      /** Two points, or null. */
      this.line = null;
      this.side = 'below';
      this.steps = [];
      this.lastTag = undefined;
    }

    get canUndo() {
      return this.steps.length > 0;
    }

    /**
     * Changes something, so that it can be undone. Changes with the same tag, one after the other, are one step.
     * @returns whether it was changed: `change` may say false
     */
    change(tag, change) {
      const before = clone({ areas: this.areas, line: this.line, side: this.side });
      if (change() === false) {
        Object.assign(this, before);
        return false;
      }
      if (tag === undefined || tag !== this.lastTag) {
        this.steps.push(before);
        if (this.steps.length > MOST_STEPS) this.steps.shift();
      }
      this.lastTag = tag;
      return true;
    }

    /** What comes next is a step of its own. */
    endStep() {
      this.lastTag = undefined;
    }

    undo() {
      const step = this.steps.pop();
      if (step === undefined) return false;
      Object.assign(this, step);
      this.lastTag = undefined;
      return true;
    }

    /** A name that no area of the layer has: the wish itself, else with a number. */
    freeName(layer, wish, except) {
      const taken = new Set(this.areas[layer].filter((area, index) => index !== except).map((area) => area.name));
      const plain = parts.cleanName(wish);
      if (plain !== '' && !taken.has(plain)) return plain;
      const base = (plain === '' ? 'area' : plain).replace(/ \d+$/, '').slice(0, 50);
      for (let number = 1; ; number++) {
        if (!taken.has(base + ' ' + number)) return base + ' ' + number;
      }
    }

    /** @returns its index, or -1 for points without an area and beyond the most areas */
    addArea(layer, points, wish) {
      const areas = this.areas[layer];
      const good = points.map(rounded);
      const pairs = good.map((point) => [point.x, point.y]);
      const isArea = pairs.length >= 3 && pairs.length <= parts.MOST_POINTS && parts.hasArea(pairs);
      if (!isArea || areas.length >= parts.MOST_AREAS) return -1;
      this.change(undefined, () => {
        areas.push({ name: this.freeName(layer, wish), points: good });
      });
      return this.areas[layer].length - 1;
    }

    rename(layer, index, name, tag) {
      const next = this.freeName(layer, name, index);
      if (next === this.areas[layer][index].name) return false;
      return this.change(tag, () => {
        this.areas[layer][index].name = next;
      });
    }

    removeArea(layer, index) {
      return this.change(undefined, () => {
        this.areas[layer].splice(index, 1);
      });
    }

    /** A triangle that loses a point is gone. @returns whether the area is still there */
    removePoint(layer, index, point) {
      const left = this.areas[layer][index].points.filter((other, at) => at !== point);
      if (left.length >= 3 && parts.hasArea(left.map(({ x, y }) => [x, y]))) {
        this.change(undefined, () => {
          this.areas[layer][index].points = left;
        });
        return true;
      }
      this.removeArea(layer, index);
      return false;
    }

    /** A point in the middle of the edge that begins at `point`. @returns its index, or -1 when there are too many */
    insertPoint(layer, index, point, tag) {
      const { points } = this.areas[layer][index];
      if (points.length >= parts.MOST_POINTS) return -1;
      const from = points[point];
      const to = points[(point + 1) % points.length];
      this.change(tag, () => {
        points.splice(point + 1, 0, rounded({ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }));
      });
      return point + 1;
    }

    /** Moves a point of an area; not to where the area would have none. */
    movePoint(layer, index, point, to, tag) {
      return this.change(tag, () => {
        const { points } = this.areas[layer][index];
        points[point] = rounded(to);
        return parts.hasArea(points.map(({ x, y }) => [x, y]));
      });
    }

    /** Moves a whole area from where its points were, up to the edge of the picture. */
    moveArea(layer, index, from, delta, tag) {
      const x = within(from, delta.x, 'x');
      const y = within(from, delta.y, 'y');
      return this.change(tag, () => {
        this.areas[layer][index].points = from.map((point) => rounded({ x: point.x + x, y: point.y + y }));
      });
    }

    /** @param points two, or null for no line; a line that has no such side gets one that it has */
    setLine(points, tag) {
      return this.change(tag, () => {
        if (points === null) {
          this.line = null;
          return true;
        }
        const [from, to] = points.map(rounded);
        if (Math.hypot(to.x - from.x, to.y - from.y) < parts.LEAST_LENGTH) return false;
        this.line = [from, to];
        const others = { below: 'right', above: 'left', left: 'above', right: 'below' };
        if (!parts.hasSide(from, to, this.side)) this.side = others[this.side];
        return true;
      });
    }

    moveLine(from, delta, tag) {
      const x = within(from, delta.x, 'x');
      const y = within(from, delta.y, 'y');
      return this.setLine(from.map((point) => ({ x: point.x + x, y: point.y + y })), tag); // prettier-ignore
    }

    /** In becomes out. */
    turnLine() {
      const opposite = { below: 'above', above: 'below', left: 'right', right: 'left' };
      return this.change(undefined, () => {
        this.side = opposite[this.side];
      });
    }
  }

  parts.AreasModel = AreasModel;
})(globalThis);
