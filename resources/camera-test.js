// "Test camera" in the dialog of camera-in: a still with the settings of the dialog, before anything is deployed. It also lies
// behind the areas.
(function (root) {
  const own = 'alpr-camera-in.';
  /** As Node-RED shows a password that is kept on the server. */
  const KEPT = '__PWRD__';
  const tests = new WeakMap();

  /** The dialog's settings, as they would be saved. */
  function settingsOf(node) {
    const { fieldOf } = root.plateflowCamera;
    const settings = {};
    Object.keys(node._def.defaults).forEach((property) => {
      const field = fieldOf(property);
      if (field.length === 0) return;
      settings[property] = field.attr('type') === 'checkbox' ? field.prop('checked') : field.val();
    });
    return settings;
  }

  /** The password that was saved stays on the server: only that it is meant is said. */
  function loginOf() {
    const { fieldOf } = root.plateflowCamera;
    const password = String(fieldOf('password').val());
    const user = String(fieldOf('user').val());
    return password === KEPT ? { user, savedPassword: true } : { user, password };
  }

  class CameraTest {
    constructor(node) {
      this.node = node;
      this.button = $('#alpr-camera-test-button');
      this.cancelButton = $('#alpr-camera-test-cancel');
      this.frame = $('.alpr-camera-picture');
      this.facts = $('.alpr-camera-facts');
      this.button.on('click', (event) => {
        event.preventDefault();
        this.start();
      });
      this.cancelButton.on('click', (event) => {
        event.preventDefault();
        if (this.request) this.request.abort();
      });
      $('#node-input-source').on('change', () => this.clear());
      plateflowAlpr.areas.openAreas(node, {
        section: '#alpr-camera-areas',
        container: '#alpr-camera-areas-editor',
        layers: [
          { key: 'regions', kind: 'area', noun: 'area', dims: true },
          { key: 'masks', kind: 'mask', noun: 'mask' },
        ],
        ready: (editor) => this.fillAreas(editor),
      });
    }

    text(key, values) {
      return this.node._(own + 'test.' + key, values);
    }

    start() {
      if (this.request) return;
      root.plateflowCamera.moveLogins();
      this.say(this.text('running'));
      this.busy(true);
      const body = { node: this.node.id, settings: settingsOf(this.node), credentials: loginOf() };
      const post = { method: 'POST', contentType: 'application/json', data: JSON.stringify(body), dataType: 'json' };
      this.request = $.ajax(Object.assign({ url: 'hailo-alpr/cameras/test' }, post))
        .done((answer) => this.show(answer))
        .fail((request) => {
          if (this.closed) return;
          this.frame.hide();
          if (request.statusText === 'abort') this.say(this.text('cancelled'));
          else this.say(root.plateflowCamera.reasonOf(this.node, request), true);
        })
        .always(() => {
          this.request = undefined;
          if (!this.closed) this.busy(false);
        });
    }

    busy(isBusy) {
      this.button
        .prop('disabled', isBusy)
        .find('.fa')
        .attr('class', 'fa ' + (isBusy ? 'fa-spinner fa-spin' : 'fa-camera'));
      this.cancelButton.toggle(isBusy);
    }

    say(text, failed) {
      this.facts.toggleClass('alpr-error', failed === true).text(text);
    }

    show(answer) {
      if (this.closed) return;
      const bytes = Uint8Array.from(atob(answer.jpeg), (letter) => letter.charCodeAt(0));
      plateflowAlpr.areas.loadPicture(new Blob([bytes], { type: 'image/jpeg' }), (picture) => {
        if (!picture || this.closed) return;
        this.keep(picture);
        this.frame
          .show()
          .find('img')
          .attr({ src: picture.address, alt: this.text('picture') });
        this.say(this.factsOf(answer));
      });
    }

    /** `1920 × 1080 · 25 fps · h264, decoded by software · after 1.2 s` */
    factsOf({ width, height, fps, codec, decoder, ms, running }) {
      const facts = [width + ' × ' + height];
      if (fps) facts.push(this.text('fps', { fps: Math.round(fps * 100) / 100 }));
      if (codec) facts.push(decoder ? this.text('codec', { codec, decoder }) : codec);
      facts.push(this.text('time', { seconds: (ms / 1000).toFixed(1) }));
      if (running) facts.push(this.text('fromRunning'));
      return facts.join(' · ');
    }

    /** The newest picture, whoever shows it. */
    keep(picture) {
      const old = this.picture;
      this.picture = picture;
      if (this.editor) this.editor.setPicture(picture.address, picture.width, picture.height);
      if (old) URL.revokeObjectURL(old.address);
    }

    fillAreas(editor) {
      this.editor = editor;
      if (this.picture) {
        editor.setPicture(this.picture.address, this.picture.width, this.picture.height);
        return;
      }
      // The deployed node's picture, if it runs; without one there is a grid, and the button above.
      this.still = plateflowAlpr.areas.fetchStill(this.node.id, (picture) => {
        if (!picture) return;
        if (this.closed || this.picture) URL.revokeObjectURL(picture.address);
        else this.keep(picture);
      });
    }

    /** The picture of another source says nothing of this one. */
    clear() {
      if (this.request) this.request.abort();
      this.frame.hide();
      this.say('');
    }

    close() {
      this.closed = true;
      if (this.request) this.request.abort();
      if (this.still) this.still.abort();
      if (this.picture) URL.revokeObjectURL(this.picture.address);
    }
  }

  function open(node) {
    close(node);
    tests.set(node, new CameraTest(node));
  }

  function close(node) {
    const test = tests.get(node);
    tests.delete(node);
    if (test) test.close();
  }

  root.plateflowCameraTest = { open, close };
})(globalThis);
