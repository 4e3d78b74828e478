// What mouse, finger and keys do to the areas of an editor.
(function (root) {
  const parts = (root.plateflowAreas = root.plateflowAreas || {});
  /** Shares of the picture; with Shift ten times as much. */
  const KEY_STEP = 0.005;
  /** CSS pixels: a finger that rests is no drag. */
  const STILL = 3;
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  /** `area:regions:0`, `point:regions:0:2`, `edge:…`, `line:body`, `line:arrow`, `line:1` */
  function targetOf(element) {
    const held = element && element.closest && element.closest('[data-key]');
    if (!held) return undefined;
    const [kind, one, two, three] = held.getAttribute('data-key').split(':');
    if (kind === 'line') return { kind, part: one };
    return { kind, layer: one, index: Number(two), point: Number(three) };
  }

  function copyOf(points) {
    return points.map(({ x, y }) => ({ x, y }));
  }

  class AreasInput {
    constructor(editor) {
      this.editor = editor;
      this.model = editor.model;
      this.drag = undefined;
      this.drags = 0;
      const { svg } = editor.view;
      // The browser would move the focus to what a redraw takes away.
      svg.addEventListener('mousedown', (event) => event.preventDefault());
      svg.addEventListener('touchstart', (event) => this.keepTouch(event), { passive: false });
      svg.addEventListener('pointerdown', (event) => this.down(event));
      svg.addEventListener('pointermove', (event) => this.move(event));
      svg.addEventListener('pointerup', () => this.up());
      svg.addEventListener('pointercancel', () => this.up());
      svg.addEventListener('pointerleave', () => editor.drawing && editor.point(undefined));
      svg.addEventListener('dblclick', (event) => {
        event.preventDefault();
        if (editor.drawing) editor.finishDrawing();
      });
      svg.addEventListener('keydown', (event) => this.key(event));
      svg.addEventListener('focusin', (event) => this.focused(event));
    }

    /** A finger on an area drags it, not the dialog. */
    keepTouch(event) {
      if (this.editor.drawing || targetOf(event.target)) event.preventDefault();
    }

    down(event) {
      const { editor, model } = this;
      if (event.button !== 0 || !event.isPrimary) return;
      const share = editor.view.shareOf(event);
      if (editor.drawing) {
        editor.addPoint(share);
        return;
      }
      const target = targetOf(event.target);
      if (target === undefined) {
        editor.select(undefined);
        editor.view.focus();
        return;
      }
      if (target.kind === 'line' && target.part === 'arrow') {
        this.turn();
        return;
      }
      if (editor.broken.has(target.kind === 'line' ? 'line' : target.layer)) return;
      const tag = 'drag:' + ++this.drags;
      editor.select(
        target.kind === 'line' ? { layer: 'line', index: 0 } : { layer: target.layer, index: target.index },
      );
      if (target.kind === 'edge' && !this.insert(target, tag)) return;
      editor.view.focus(keyOf(target));
      const from = copyOf(target.kind === 'line' ? model.line : model.areas[target.layer][target.index].points);
      this.drag = { target, from, start: share, tag, moved: false };
      editor.view.svg.setPointerCapture(event.pointerId);
    }

    move(event) {
      const { editor, drag } = this;
      const share = editor.view.shareOf(event);
      if (editor.drawing) {
        if (event.pointerType !== 'touch') editor.point(share);
        return;
      }
      if (!drag) return;
      drag.moved = drag.moved || editor.view.distance(drag.start, share) > STILL;
      if (
        drag.moved &&
        this.moveBy(drag.target, drag.from, { x: share.x - drag.start.x, y: share.y - drag.start.y }, drag.tag)
      ) {
        editor.finish();
      }
    }

    up() {
      this.drag = undefined;
      this.model.endStep();
    }

    /** @param from where the points of the target were */
    moveBy(target, from, delta, tag) {
      const { model } = this;
      const moved = (index) => ({ x: from[index].x + delta.x, y: from[index].y + delta.y });
      if (target.kind === 'line') {
        if (target.part === 'body') return model.moveLine(from, delta, tag);
        const ends = copyOf(from);
        ends[target.part] = moved(target.part);
        return model.setLine(ends, tag);
      }
      if (target.kind === 'area') return model.moveArea(target.layer, target.index, from, delta, tag);
      return model.movePoint(target.layer, target.index, target.point, moved(target.point), tag);
    }

    /** Makes the middle of an edge a point, and the target that point. @returns false when there are too many */
    insert(target, tag) {
      const point = this.model.insertPoint(target.layer, target.index, target.point, tag);
      if (point < 0) return false;
      Object.assign(target, { kind: 'point', point });
      this.editor.finish();
      return true;
    }

    turn() {
      if (this.editor.broken.has('line')) return;
      this.model.turnLine();
      this.editor.finish();
      this.editor.view.focus('line:arrow');
    }

    focused(event) {
      const target = targetOf(event.target);
      const { editor } = this;
      if (target === undefined || editor.drawing) return;
      const wanted =
        target.kind === 'line' ? { layer: 'line', index: 0 } : { layer: target.layer, index: target.index };
      const now = editor.selected;
      if (now && now.layer === wanted.layer && now.index === wanted.index) return;
      editor.select(wanted);
    }

    key(event) {
      const handled = this.editor.drawing ? this.keyDrawing(event) : this.keyIdle(event);
      if (!handled) return;
      event.preventDefault();
      event.stopPropagation();
    }

    keyDrawing(event) {
      const { editor } = this;
      const { drawing } = editor;
      const step = KEY_STEP * (event.shiftKey ? 10 : 1);
      if (ARROWS[event.key]) {
        const [x, y] = ARROWS[event.key];
        const from = drawing.pointer || drawing.points[drawing.points.length - 1] || { x: 0.5, y: 0.5 };
        editor.point({ x: parts.share(from.x + x * step), y: parts.share(from.y + y * step) });
      } else if (event.key === ' ') editor.addPoint(drawing.pointer || { x: 0.5, y: 0.5 });
      else if (event.key === 'Enter') editor.finishDrawing();
      else if (event.key === 'Escape') editor.stopDrawing();
      else if (event.key === 'Backspace' || event.key === 'Delete') {
        drawing.points.pop();
        editor.draw();
      } else return false;
      return true;
    }

    keyIdle(event) {
      const { editor } = this;
      const target = targetOf(event.target);
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z' && !event.shiftKey) editor.undo();
      else if (event.key === 'Escape' && editor.selected) {
        editor.select(undefined);
        editor.view.focus();
      } else if (target === undefined) return false;
      else if (ARROWS[event.key]) this.nudge(target, event);
      else if (event.key === 'Delete' || event.key === 'Backspace') this.remove(target);
      else if ((event.key === 'Enter' || event.key === ' ') && target.part === 'arrow') this.turn();
      else if ((event.key === 'Insert' || event.key === '+') && target.kind === 'point') {
        this.insert(target);
        editor.view.focus(keyOf(target));
      } else return false;
      return true;
    }

    nudge(target, event) {
      const { editor, model } = this;
      if (target.part === 'arrow' || editor.broken.has(target.kind === 'line' ? 'line' : target.layer)) return;
      const step = KEY_STEP * (event.shiftKey ? 10 : 1);
      const [x, y] = ARROWS[event.key];
      const from = copyOf(target.kind === 'line' ? model.line : model.areas[target.layer][target.index].points);
      if (this.moveBy(target, from, { x: x * step, y: y * step }, 'key:' + keyOf(target))) editor.finish();
    }

    remove(target) {
      const { editor, model } = this;
      if (target.kind !== 'point') {
        editor.removeSelected();
        return;
      }
      if (editor.broken.has(target.layer)) return;
      const isLeft = model.removePoint(target.layer, target.index, target.point);
      if (!isLeft) editor.selected = undefined;
      editor.finish();
      editor.view.focus(isLeft ? `area:${target.layer}:${target.index}` : undefined);
    }
  }

  function keyOf({ kind, part, layer, index, point }) {
    if (kind === 'line') return 'line:' + part;
    return kind === 'area' ? `area:${layer}:${index}` : `${kind}:${layer}:${index}:${point}`;
  }

  parts.AreasInput = AreasInput;
})(globalThis);
