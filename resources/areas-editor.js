// The editor of areas: a picture with polygons and a line over it, in step with the text fields of a dialog.
(function (root) {
  const parts = (root.plateflowAreas = root.plateflowAreas || {});
  /** CSS pixels: nearer clicks are the same point. */
  const NEAR = 10;

  function fieldOf(property) {
    return $('#node-input-' + property);
  }

  /**
   * @param options
   *   text(key, values): a text of the editor's own
   *   container: element that it is put into
   *   layers: [{key, kind: 'area'|'mask', dims}]; `key` is the property of the text field, too
   *   line: {key, side}: properties of a line and of its side that is in; left out: no line
   */
  class AreasEditor {
    constructor(options) {
      this.options = options;
      this.text = options.text;
      this.layers = options.layers;
      this.model = new parts.AreasModel(this.layers.map(({ key }) => key));
      this.broken = new Set();
      this.selected = undefined;
      this.drawing = undefined;
      this.build();
      this.follow();
      this.read();
      this.draw();
    }

    build() {
      this.view = new parts.AreasView(this.text('picture'));
      this.root = $('<div class="alpr-areas"></div>').appendTo($(this.options.container).empty());
      this.bar = $('<div class="alpr-areas-bar"></div>').appendTo(this.root);
      this.hint = $('<p class="alpr-areas-hint" aria-live="polite"></p>');
      this.root.append(this.view.svg, this.hint);
      this.addButtons = {};
      this.layers.forEach(({ key, noun }) => {
        this.addButtons[key] = this.button('plus', this.text('add.' + noun), () => this.startDrawing(key));
      });
      if (this.options.line)
        this.addButtons.line = this.button('minus', this.text('add.line'), () => this.startDrawing('line'));
      this.doneButton = this.button('check', this.text('done'), () => this.finishDrawing());
      this.cancelButton = this.button('times', this.text('cancel'), () => this.stopDrawing());
      const id = this.view.id + '-name';
      this.nameLabel = $('<label></label>').attr('for', id).text(this.text('name'));
      this.nameField = $('<input type="text" maxlength="60" autocomplete="off" />').attr('id', id);
      this.nameField.on('input', () => this.rename()).on('change', () => this.showName());
      this.bar.append(this.nameLabel, this.nameField, '<span class="alpr-areas-space"></span>');
      this.removeButton = this.button('trash', undefined, () => this.removeSelected(), this.text('remove'));
      this.undoButton = this.button('undo', undefined, () => this.undo(), this.text('undo'));
    }

    button(icon, label, action, title) {
      const made = $('<button type="button" class="red-ui-button red-ui-button-small"></button>');
      made.append($('<i aria-hidden="true"></i>').addClass('fa fa-' + icon));
      if (label) made.append(' ', $('<span></span>').text(label));
      if (title) made.attr({ title: title, 'aria-label': title });
      made.on('click', (event) => {
        event.preventDefault();
        action();
      });
      return made.appendTo(this.bar);
    }

    /** Listens to the text fields and to the picture. */
    follow() {
      const again = () => {
        if (!this.writing) this.read();
      };
      this.fields().forEach((property) => fieldOf(property).on('input.alprAreas change.alprAreas', again));
      this.input = new parts.AreasInput(this);
      let width = 0;
      this.observer = new ResizeObserver(() => {
        if (width !== this.view.svg.clientWidth) this.draw();
        width = this.view.svg.clientWidth;
      });
      this.observer.observe(this.view.svg);
    }

    /** Ends it; the dialog takes its elements away. */
    close() {
      this.observer.disconnect();
      this.fields().forEach((property) => fieldOf(property).off('.alprAreas'));
    }

    fields() {
      const { line } = this.options;
      return this.layers.map(({ key }) => key).concat(line ? [line.key, line.side] : []);
    }

    /** @param address of the picture behind, or undefined for a grid */
    setPicture(address, width, height) {
      this.view.setPicture(address, width, height);
      this.draw();
    }

    /** Takes over what the text fields say; a text that cannot be drawn stays as it is until it can. */
    read() {
      const { line } = this.options;
      this.layers.forEach(({ key }) => {
        const areas = parts.readAreas(fieldOf(key).val());
        this.broken[areas === undefined ? 'add' : 'delete'](key);
        if (areas === undefined || parts.formatAreas(areas) === parts.formatAreas(this.model.areas[key])) return;
        this.changed('text:' + key, () => {
          this.model.areas[key] = areas;
        });
      });
      if (line) {
        const points = parts.readLine(fieldOf(line.key).val());
        const side = fieldOf(line.side).val() || 'below';
        const bad = points === undefined || (points && parts.lineProblem(fieldOf(line.key).val(), side) === 'line');
        this.broken[bad ? 'add' : 'delete']('line');
        if (!bad && JSON.stringify([points, side]) !== JSON.stringify([this.model.line, this.model.side])) {
          this.changed('text:line', () => Object.assign(this.model, { line: points, side }));
        }
      }
      if (this.selected && !this.isThere(this.selected)) this.selected = undefined;
      this.draw();
    }

    /** What the fields said at first is nothing to undo. */
    changed(tag, change) {
      if (this.wasRead) this.model.change(tag, () => void change());
      else change();
    }

    /** Puts what was drawn into the text fields. */
    write() {
      const { line } = this.options;
      this.writing = true;
      const put = (property, value) => {
        const field = fieldOf(property);
        if (field.val() !== value) field.val(value).trigger('change');
      };
      this.layers.forEach(({ key }) => {
        const same = parts.readAreas(fieldOf(key).val());
        const text = parts.formatAreas(this.model.areas[key]);
        // What somebody wrote as JSON or in another order of blanks stays, as long as it means the same.
        if (same === undefined || parts.formatAreas(same) !== text) put(key, text);
      });
      if (line) {
        put(line.side, this.model.side);
        put(line.key, this.model.line ? parts.formatPoints(this.model.line) : '');
      }
      this.writing = false;
    }

    isThere({ layer, index }) {
      return layer === 'line' ? this.model.line !== null : this.model.areas[layer][index] !== undefined;
    }

    draw() {
      this.wasRead = true;
      const { view, model, drawing } = this;
      view.draw({
        layers: this.layers.map((layer) => Object.assign({}, layer, { areas: model.areas[layer.key] })),
        line: model.line,
        side: model.side,
        selected: this.selected,
        draft: drawing && drawing.points,
        pointer: drawing && drawing.pointer,
        label: (layer, area) => this.text('label.' + layer.noun, { name: area.name, points: area.points.length }),
        texts: {
          line: this.text('label.line'),
          turn: this.text('turn'),
          end: (index) => this.text('label.end', { number: index + 1 }),
          point: (index) => this.text('label.point', { number: index + 1 }),
        },
      });
      this.drawBar();
    }

    drawBar() {
      const { selected, drawing, model } = this;
      const isArea = selected !== undefined && selected.layer !== 'line' && drawing === undefined;
      Object.entries(this.addButtons).forEach(([key, button]) => {
        const full = key !== 'line' && model.areas[key].length >= parts.MOST_AREAS;
        button.toggle(drawing === undefined).prop('disabled', this.broken.has(key) || full);
      });
      const least = drawing && drawing.layer === 'line' ? 2 : 3;
      this.doneButton.toggle(drawing !== undefined).prop('disabled', !drawing || drawing.points.length < least);
      this.cancelButton.toggle(drawing !== undefined);
      this.nameLabel.add(this.nameField).toggle(isArea);
      if (isArea && document.activeElement !== this.nameField[0]) this.showName();
      this.removeButton.prop('disabled', selected === undefined || drawing !== undefined);
      this.undoButton.prop('disabled', !model.canUndo || drawing !== undefined);
      let hint = 'hint.idle';
      if (drawing) hint = drawing.layer === 'line' ? 'hint.line' : 'hint.draw';
      else if (this.broken.size > 0) hint = 'hint.broken';
      else if (selected) hint = selected.layer === 'line' ? 'hint.selectedLine' : 'hint.selected';
      const text = this.text(hint);
      if (this.hint.text() !== text) this.hint.text(text);
    }

    showName() {
      const { layer, index } = this.selected || {};
      if (layer && layer !== 'line') this.nameField.val(this.model.areas[layer][index].name);
    }

    rename() {
      const { layer, index } = this.selected;
      const wish = this.nameField.val();
      // Half a name may be taken, and an empty one is about to get letters.
      if (parts.cleanName(wish) === '') return;
      if (this.model.rename(layer, index, wish, `name:${layer}:${index}`)) this.finish();
    }

    /** After a change of the model. */
    finish() {
      this.write();
      this.draw();
    }

    undo() {
      if (!this.model.undo()) return;
      if (this.selected && !this.isThere(this.selected)) this.selected = undefined;
      this.finish();
    }

    select(selected) {
      this.selected = selected;
      this.model.endStep();
      this.draw();
    }

    removeSelected() {
      const { layer, index } = this.selected || {};
      if (layer === undefined || this.broken.has(layer)) return;
      if (layer === 'line') this.model.setLine(null);
      else this.model.removeArea(layer, index);
      this.selected = undefined;
      this.finish();
      this.view.focus();
    }

    startDrawing(layer) {
      this.drawing = { layer, points: [], pointer: undefined };
      this.selected = undefined;
      this.draw();
      this.view.focus();
    }

    stopDrawing() {
      this.drawing = undefined;
      this.draw();
      this.view.focus();
    }

    point(share) {
      this.drawing.pointer = share;
      this.draw();
    }

    /** A point of what is being drawn; the first one again closes it. */
    addPoint(share) {
      const { drawing } = this;
      const { points } = drawing;
      const isNear = (point) => point !== undefined && this.view.distance(point, share) < NEAR;
      if (points.length >= 3 && isNear(points[0])) return this.finishDrawing();
      // The second press of a double click.
      if (isNear(points[points.length - 1])) return undefined;
      if (points.length < parts.MOST_POINTS) points.push({ x: share.x, y: share.y });
      if (drawing.layer === 'line' && points.length === 2) return this.finishDrawing();
      this.draw();
      return undefined;
    }

    finishDrawing() {
      const { layer, points } = this.drawing;
      if (layer === 'line') {
        if (points.length < 2 || !this.model.setLine(points)) return;
        this.selected = { layer, index: 0 };
      } else {
        const { noun } = this.layers.find(({ key }) => key === layer);
        const index = this.model.addArea(layer, points, this.text('first.' + noun));
        if (index < 0) return;
        this.selected = { layer, index };
      }
      this.drawing = undefined;
      this.finish();
      this.view.focus(layer === 'line' ? 'line:body' : `area:${layer}:${this.selected.index}`);
    }
  }

  parts.AreasEditor = AreasEditor;
})(globalThis);
