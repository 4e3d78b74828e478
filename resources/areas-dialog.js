// What the dialogs of nodes with zones, areas or a line call.
(function (root) {
  const parts = (root.plateflowAreas = root.plateflowAreas || {});
  const own = '@plateflow/node-red-hailo-alpr/hailo-device:alpr-hailo-device.areas.';
  /** How to close what is open, by node. */
  const opened = new WeakMap();

  function text(key, values) {
    return RED._(own + key, values);
  }

  function shown(value) {
    const given = typeof value === 'string' ? value : JSON.stringify(value);
    return given && given.length > 40 ? given.slice(0, 40) + '…' : given;
  }

  function labelOf(node, property) {
    return node._(node.type + '.label.' + property);
  }

  /** Validator of a text of zones: true, or the reason as a sentence. */
  function checkZones(node, property, value) {
    const problem = parts.zonesProblem(value);
    const label = labelOf(node, property);
    if (problem === undefined) return true;
    if (parts.isBrokenJson(value)) return text('error.json', { label });
    return text(problem ? 'error.zone' : 'error.zones', { label, number: problem });
  }

  /** Validator of a line, with the side that its dialog says, or that was saved. */
  function checkLine(node, property, sideProperty, value) {
    const side = plateflowAlpr.current(node, sideProperty) || 'below';
    const problem = parts.lineProblem(value, side);
    const label = labelOf(node, property);
    if (problem === undefined) return true;
    if (parts.isBrokenJson(value)) return text('error.json', { label });
    return text('error.' + problem, { label, value: shown(value), side: text('side.' + side) });
  }

  /**
   * Puts an editor of areas into a folded section of a dialog, once the section is open.
   * @param options as AreasEditor's; `section`: selector of the section; `camera`: whether a camera of the workspace gives the picture;
   *   `ready(editor)`: called when it is there
   * Whoever calls it calls `closeAreas` when the dialog closes.
   */
  function openAreas(node, options) {
    closeAreas(node);
    let editor;
    let picture;
    const section = $(options.section);
    function start() {
      if (editor || !section.prop('open')) return;
      editor = new parts.AreasEditor(Object.assign({ text }, options));
      if (options.camera) picture = new parts.AreasPicture(editor, node);
      if (options.ready) options.ready(editor);
    }
    section.on('toggle', start);
    start();
    opened.set(node, () => {
      section.off('toggle', start);
      if (picture) picture.close();
      if (editor) editor.close();
    });
  }

  function closeAreas(node) {
    const close = opened.get(node);
    opened.delete(node);
    if (close) close();
  }

  Object.assign(parts, { checkZones, checkLine, openAreas, closeAreas });
})(globalThis);
