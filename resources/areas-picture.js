// The picture behind areas in dialogs of nodes that have no camera of their own: a still of a camera-in of the workspace.
(function (root) {
  const parts = (root.plateflowAreas = root.plateflowAreas || {});
  const CAMERA = 'alpr-camera-in';

  /** The nodes whose wires, real or between link nodes, end at `node`. */
  function before(node) {
    const wired = RED.nodes.filterLinks({ target: node }).map((link) => link.source);
    if (node.type !== 'link in') return wired;
    return wired.concat((node.links || []).map((id) => RED.nodes.node(id)).filter(Boolean));
  }

  /** Cameras from which frames come to `node`, the nearest first. */
  function camerasBefore(node) {
    const seen = new Set([node]);
    const cameras = [];
    // A set hands out what is added while it is walked.
    seen.forEach((each) => {
      if (each.type === CAMERA) cameras.push(each);
      before(each).forEach((other) => seen.add(other));
    });
    return cameras;
  }

  /** All cameras of the workspace, those upstream first. */
  function camerasFor(node) {
    const near = camerasBefore(node);
    const others = [];
    RED.nodes.eachNode((other) => {
      if (other.type === CAMERA && !near.includes(other)) others.push(other);
    });
    return near.concat(others);
  }

  function labelOf(camera) {
    const tab = RED.nodes.workspace(camera.z);
    const name = camera.name || camera.camera || camera.id;
    return tab && tab.label ? name + ' (' + tab.label + ')' : name;
  }

  /** A blob with its size, once the browser can show it; `use(undefined)` for one that is no picture. */
  function loadPicture(blob, use) {
    const address = URL.createObjectURL(blob);
    const image = new Image();
    image.onload = () => use({ address, width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => {
      URL.revokeObjectURL(address);
      use(undefined);
    };
    image.src = address;
  }

  /**
   * Asks for a still of a deployed camera.
   * @param use gets {address, width, height}, or undefined and the status of HTTP
   * @returns the request, which can be aborted
   */
  function fetchStill(id, use) {
    // Not an <img src>: the editor adds its login to its own requests only.
    return $.ajax({
      url: 'hailo-alpr/cameras/' + encodeURIComponent(id) + '/still',
      xhrFields: { responseType: 'blob' },
    })
      .done((blob) => {
        if (blob && blob.size > 0) loadPicture(blob, (picture) => use(picture, 200));
        else use(undefined, 204);
      })
      .fail((request) => {
        if (request.statusText !== 'abort') use(undefined, request.status);
      });
  }

  /** Adds to an editor of areas the choice of a camera whose still lies behind them. */
  class AreasPicture {
    constructor(editor, node) {
      this.editor = editor;
      this.text = editor.text;
      const cameras = camerasFor(node);
      this.note = $('<p class="alpr-areas-hint alpr-areas-note" role="status"></p>').insertAfter(editor.hint);
      if (cameras.length === 0) {
        this.note.text(this.text('camera.none'));
        return;
      }
      this.list = $('<select></select>').attr({
        'aria-label': this.text('camera.label'),
        title: this.text('camera.label'),
      });
      cameras.forEach((camera) => this.list.append($('<option></option>').val(camera.id).text(labelOf(camera))));
      this.list.on('change', () => this.fetch());
      const bar = $('<div class="alpr-areas-bar alpr-areas-camera"></div>').insertAfter(editor.hint);
      bar.append('<i class="fa fa-video-camera" aria-hidden="true"></i>', this.list);
      bar.append(editor.button('refresh', undefined, () => this.fetch(), this.text('camera.again')));
      this.fetch();
    }

    fetch() {
      if (this.request) this.request.abort();
      this.note.text(this.text('camera.waiting'));
      this.request = fetchStill(this.list.val(), (picture, status) => {
        if (this.closed) {
          if (picture) URL.revokeObjectURL(picture.address);
          return;
        }
        this.show(picture);
        if (picture) this.note.text('');
        else this.note.text(this.text(status === 404 ? 'camera.stopped' : 'camera.failed', { status: status || '–' }));
      });
    }

    show(picture) {
      const old = this.shown;
      this.shown = picture && picture.address;
      this.editor.setPicture(this.shown, picture && picture.width, picture && picture.height);
      if (old) URL.revokeObjectURL(old);
    }

    close() {
      this.closed = true;
      if (this.request) this.request.abort();
      if (this.shown) URL.revokeObjectURL(this.shown);
    }
  }

  Object.assign(parts, { camerasBefore, camerasFor, fetchStill, loadPicture, AreasPicture });
})(globalThis);
