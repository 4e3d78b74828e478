// Draws areas and a line over a picture, as SVG.
(function (root) {
  const parts = (root.plateflowAreas = root.plateflowAreas || {});
  const SVG = 'http://www.w3.org/2000/svg';
  /** Of the drawing, in its own units; its height follows the picture. */
  const WIDTH = 1000;
  /** Sizes on the screen, CSS pixels. */
  const POINT = 6;
  const EDGE = 4;
  const TEXT = 13;
  const ARROW = 34;
  /** Areas of each layer, one colour after the other; legible on any picture, so not the theme's. */
  const COLOURS = { area: ['#3fc46b', '#34b3e4', '#f2b134', '#c58af0', '#f0785a', '#8fd14f'], mask: ['#8a8f98'] };

  function element(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach((key) => {
      if (attributes[key] !== undefined) made.setAttribute(key, attributes[key]);
    });
    if (parent) parent.appendChild(made);
    return made;
  }

  /** The drawing of one editor. Every part that can be taken hold of has its name in `data-key`. */
  class AreasView {
    constructor(label) {
      this.svg = element('svg', { class: 'alpr-areas-picture', role: 'group', 'aria-label': label, tabindex: 0 });
      this.aspect = 16 / 9;
      this.picture = undefined;
      this.id = 'alpr-areas-' + Math.random().toString(36).slice(2);
    }

    get height() {
      return WIDTH / this.aspect;
    }

    /** Units per CSS pixel. */
    get unit() {
      return WIDTH / (this.svg.clientWidth || WIDTH);
    }

    /** @param address of the picture, or undefined for the grid */
    setPicture(address, width, height) {
      this.picture = address;
      if (width > 0 && height > 0) this.aspect = width / height;
    }

    /** Where in the picture an event is, as shares; a little outside counts as the edge. */
    shareOf(event) {
      const box = this.svg.getBoundingClientRect();
      return {
        x: Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)),
        y: Math.min(1, Math.max(0, (event.clientY - box.top) / box.height)),
      };
    }

    /** Distance of two shares on the screen, CSS pixels. */
    distance(one, other) {
      return Math.hypot((one.x - other.x) * WIDTH, (one.y - other.y) * this.height) / this.unit;
    }

    /**
     * @param state {layers: [{key, kind, dims, areas}], line, side, selected, draft, pointer, label}
     */
    draw(state) {
      const focused = document.activeElement && this.svg.contains(document.activeElement);
      const key = focused ? document.activeElement.getAttribute('data-key') : undefined;
      this.svg.setAttribute('viewBox', '0 0 ' + WIDTH + ' ' + this.height);
      // Not taller than what can be seen at once.
      this.svg.style.width = `min(100%, ${(75 * this.aspect).toFixed(2)}vh)`;
      this.svg.style.aspectRatio = String(this.aspect);
      this.svg.classList.toggle('alpr-areas-drawing', state.draft !== undefined);
      this.svg.replaceChildren();
      this.drawBackground(state);
      state.layers.forEach((layer) => layer.areas.forEach((area, index) => this.drawArea(state, layer, area, index)));
      if (state.line) this.drawLine(state);
      this.drawHandles(state);
      if (state.draft) this.drawDraft(state);
      if (focused) this.focus(key);
    }

    focus(key) {
      const found = key ? this.svg.querySelector('[data-key="' + key + '"]') : this.svg;
      (found || this.svg).focus({ preventScroll: true });
    }

    at(point) {
      return { x: point.x * WIDTH, y: point.y * this.height };
    }

    pathOf(points) {
      return points
        .map((point) => this.at(point))
        .map(({ x, y }) => x.toFixed(1) + ',' + y.toFixed(1))
        .join(' ');
    }

    colourOf(layer, index) {
      const list = COLOURS[layer.kind];
      return list[index % list.length];
    }

    drawBackground(state) {
      const all = { x: 0, y: 0, width: WIDTH, height: this.height };
      const defs = element('defs', {}, this.svg);
      const size = 10 * this.unit;
      const hatch = { id: this.id + '-hatch', width: size, height: size, patternUnits: 'userSpaceOnUse' };
      const pattern = element('pattern', { ...hatch, patternTransform: 'rotate(45)' }, defs);
      element('rect', { width: size, height: size, fill: '#000', 'fill-opacity': 0.55 }, pattern);
      element('rect', { width: size / 3, height: size, fill: '#fff', 'fill-opacity': 0.35 }, pattern);
      element('rect', { ...all, class: 'alpr-areas-empty' }, this.svg);
      if (this.picture) {
        element('image', { ...all, href: this.picture, preserveAspectRatio: 'none' }, this.svg);
      } else {
        const lines = [];
        for (let share = 0.1; share < 0.95; share += 0.1) {
          lines.push(`M${share * WIDTH},0V${this.height}M0,${share * this.height}H${WIDTH}`);
        }
        element('path', { d: lines.join(''), class: 'alpr-areas-grid' }, this.svg);
      }
      state.layers.forEach((layer) => {
        if (!layer.dims || layer.areas.length === 0) return;
        const mask = element('mask', { id: this.id + '-seen' }, defs);
        element('rect', { ...all, fill: '#fff' }, mask);
        layer.areas.forEach((area) => element('polygon', { points: this.pathOf(area.points), fill: '#000' }, mask));
        element('rect', { ...all, fill: '#000', 'fill-opacity': 0.5, mask: `url(#${this.id}-seen)` }, this.svg);
      });
    }

    drawArea(state, layer, area, index) {
      const points = this.pathOf(area.points);
      const isSelected = state.selected && state.selected.layer === layer.key && state.selected.index === index;
      const group = element(
        'g',
        {
          class: 'alpr-areas-area' + (isSelected ? ' alpr-areas-selected' : ''),
          'data-key': `area:${layer.key}:${index}`,
          tabindex: 0,
          role: 'button',
          'aria-label': state.label(layer, area),
          'aria-pressed': String(Boolean(isSelected)),
          style: `--alpr-colour: ${this.colourOf(layer, index)}`,
        },
        this.svg,
      );
      const fill = layer.kind === 'mask' ? `url(#${this.id}-hatch)` : undefined;
      element('polygon', { points, class: 'alpr-areas-halo' }, group);
      element('polygon', { points, class: 'alpr-areas-shape', style: fill && `fill: ${fill}; fill-opacity: 1` }, group);
      const middle = this.at({
        x: area.points.reduce((sum, { x }) => sum + x, 0) / area.points.length,
        y: area.points.reduce((sum, { y }) => sum + y, 0) / area.points.length,
      });
      const text = { x: middle.x, y: middle.y, 'font-size': TEXT * this.unit, 'stroke-width': 3 * this.unit };
      element('text', { ...text, class: 'alpr-areas-name' }, group).textContent = area.name;
    }

    drawLine(state) {
      const [from, to] = state.line.map((point) => this.at(point));
      const ends = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
      const isSelected = state.selected && state.selected.layer === 'line';
      const line = element(
        'g',
        {
          class: 'alpr-areas-line' + (isSelected ? ' alpr-areas-selected' : ''),
          'data-key': 'line:body',
          tabindex: 0,
          role: 'button',
          'aria-label': state.texts.line,
        },
        this.svg,
      );
      element('line', { ...ends, class: 'alpr-areas-reach', 'stroke-width': 16 * this.unit }, line);
      element('line', { ...ends, class: 'alpr-areas-halo' }, line);
      element('line', { ...ends, class: 'alpr-areas-stroke' }, line);
      // Across the line, towards the side that is in.
      const towards = { below: [0, 1], above: [0, -1], left: [-1, 0], right: [1, 0] }[state.side];
      const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
      let across = [-(to.y - from.y) / length, (to.x - from.x) / length];
      if (across[0] * towards[0] + across[1] * towards[1] < 0) across = across.map((share) => -share);
      const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
      const arrow = element(
        'g',
        {
          class: 'alpr-areas-arrow',
          'data-key': 'line:arrow',
          tabindex: 0,
          role: 'button',
          'aria-label': state.texts.turn,
        },
        this.svg,
      );
      const at = (along, aside) => {
        const far = along * this.unit;
        const off = aside * this.unit;
        return `${middle.x + across[0] * far - across[1] * off},${middle.y + across[1] * far + across[0] * off}`;
      };
      const shape = `M${at(4, 0)}L${at(ARROW - 10, 0)}M${at(ARROW, 0)}L${at(ARROW - 12, 8)}L${at(ARROW - 12, -8)}Z`;
      element('title', {}, arrow).textContent = state.texts.turn;
      element('path', { d: shape, class: 'alpr-areas-reach', 'stroke-width': 14 * this.unit }, arrow);
      element('path', { d: shape, class: 'alpr-areas-halo' }, arrow);
      element('path', { d: shape, class: 'alpr-areas-stroke' }, arrow);
    }

    drawHandles(state) {
      if (state.line && !state.draft) {
        state.line.forEach((point, index) => this.handle(point, 'line:' + index, state.texts.end(index), '#ff5c5c'));
      }
      const { selected } = state;
      const layer = selected && state.layers.find(({ key }) => key === selected.layer);
      const area = layer && layer.areas[selected.index];
      if (!area || state.draft) return;
      const name = `${layer.key}:${selected.index}`;
      const colour = this.colourOf(layer, selected.index);
      area.points.forEach((point, index) => {
        const next = area.points[(index + 1) % area.points.length];
        const middle = this.at({ x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 });
        const place = { cx: middle.x, cy: middle.y };
        const key = `edge:${name}:${index}`;
        element('circle', { ...place, r: 12 * this.unit, class: 'alpr-areas-reach', 'data-key': key }, this.svg);
        element('circle', { ...place, r: EDGE * this.unit, class: 'alpr-areas-edge' }, this.svg);
      });
      area.points.forEach((point, index) =>
        this.handle(point, `point:${name}:${index}`, state.texts.point(index), colour),
      );
    }

    handle(point, key, label, colour) {
      const { x, y } = this.at(point);
      const group = element('g', { 'data-key': key, tabindex: 0, role: 'button', 'aria-label': label }, this.svg);
      group.setAttribute('class', 'alpr-areas-handle');
      group.setAttribute('style', `--alpr-colour: ${colour}`);
      element('circle', { cx: x, cy: y, r: 14 * this.unit, class: 'alpr-areas-reach' }, group);
      element('circle', { cx: x, cy: y, r: POINT * this.unit, class: 'alpr-areas-point' }, group);
    }

    drawDraft({ draft, pointer }) {
      const points = pointer ? draft.concat(pointer) : draft;
      if (points.length > 0) {
        element('polyline', { points: this.pathOf(points), class: 'alpr-areas-halo alpr-areas-draft' }, this.svg);
        element('polyline', { points: this.pathOf(points), class: 'alpr-areas-draft' }, this.svg);
      }
      draft.forEach((point, index) => {
        const { x, y } = this.at(point);
        const size = (index === 0 ? POINT + 2 : EDGE) * this.unit;
        element('circle', { cx: x, cy: y, r: size, class: 'alpr-areas-point alpr-areas-drafted' }, this.svg);
      });
      if (!pointer) return;
      const { x, y } = this.at(pointer);
      const arm = 9 * this.unit;
      const cross = `M${x - arm},${y}h${2 * arm}M${x},${y - arm}v${2 * arm}`;
      element('path', { d: cross, class: 'alpr-areas-halo alpr-areas-draft' }, this.svg);
      element('path', { d: cross, class: 'alpr-areas-draft' }, this.svg);
    }
  }

  parts.AreasView = AreasView;
})(globalThis);
