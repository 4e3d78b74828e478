// The dialog of camera-in: what is shown for which source, logins out of addresses, lists of USB cameras.
(function (root) {
  const own = 'alpr-camera-in.';
  const network = ['rtsp', 'mjpeg', 'snapshot'];
  const live = network.concat('usb', 'picamera', 'ffmpeg');
  const files = ['picture', 'folder', 'video'];
  const sources = ['message'].concat(live, 'watch', files, 'sample');
  const decoded = ['rtsp', 'usb', 'ffmpeg', 'watch', 'video'];
  const schemes = { rtsp: ['rtsp', 'rtsps'], mjpeg: ['http', 'https'], snapshot: ['http', 'https'] };
  const playing = sources.filter((source) => source !== 'message');
  const moving = ['folder', 'video', 'sample'];

  /** Sources for which a setting has an effect; a function looks at other settings, too. */
  const rules = {
    path: files.concat('watch'),
    url: network,
    user: network,
    password: network,
    device: ['usb', 'picamera'],
    mode: ['usb', 'picamera'],
    arguments: ['ffmpeg'],
    transport: ['rtsp'],
    interval: ['snapshot'],
    pace: (source) => moving.includes(source) || (source === 'picture' && isChecked('loop')),
    fps: (source) =>
      moving.includes(source) ||
      (source === 'picture' && isChecked('loop')) ||
      (live.includes(source) && source !== 'snapshot') ||
      source === 'watch',
    loop: files.concat('sample'),
    autostart: playing,
    watchFiles: ['watch'],
    watchExisting: ['watch'],
    hwaccel: decoded,
    hwDevice: (source) => decoded.includes(source) && !['none', null].includes(fieldOf('hwaccel').val()),
    maxWidth: live.concat('watch', 'video'),
    detailUrl: ['rtsp'],
    detailOffset: (source) => source === 'rtsp' && String(fieldOf('detailUrl').val()).trim() !== '',
    motion: playing.filter((source) => source !== 'picture'),
    motionShare: (source) => hasMotion(source),
    motionHold: (source) => hasMotion(source),
    idleInterval: (source) => hasMotion(source),
    timeout: live,
    inFlight: playing,
    ffmpeg: ['watch', 'video', 'sample', 'rtsp', 'usb', 'picamera', 'ffmpeg'],
  };

  function fieldOf(property) {
    return $('#node-input-' + property);
  }

  function isChecked(property) {
    return fieldOf(property).prop('checked');
  }

  function applies(property, source) {
    const rule = rules[property];
    return typeof rule === 'function' ? rule(source) : rule.includes(source);
  }

  function hasMotion(source) {
    return applies('motion', source) && isChecked('motion');
  }

  /** While the dialog is open, its own source counts, not the saved one. */
  function sourceOf(node) {
    return plateflowAlpr.current(node, 'source') || node.source || 'message';
  }

  function choice(node, property, value, choices) {
    // Flows of earlier versions have no such setting.
    return value === undefined || plateflowAlpr.choice(node, property, value, choices);
  }

  function filledFor(node, property, value) {
    return rules[property].includes(sourceOf(node)) ? plateflowAlpr.filled(node, property, value) : true;
  }

  function checkAddress(node, property, value) {
    const source = sourceOf(node);
    if (!rules[property].includes(source)) return true;
    if (property === 'detailUrl' && String(value || '').trim() === '') return true;
    const problem = root.plateflowAddress.addressProblem(value, schemes[source]);
    if (problem === undefined) return true;
    const label = node._(own + 'label.' + property);
    return node._(own + 'error.' + problem, { label, example: node._(own + 'placeholder.address.' + source) });
  }

  function checkMode(node, value) {
    const given = String(value || '').trim();
    if (given === '' || !rules.mode.includes(sourceOf(node))) return true;
    const good = /^[1-9]\d{1,4}x[1-9]\d{1,4}(@\d{1,3}(\.\d+)?)?( +[a-z0-9_]+)?$/i.test(given);
    return good || node._(own + 'error.mode', { value: given.slice(0, 40) });
  }

  /** Settings that a flow from before they existed does not have get their defaults. */
  function fillMissing(node) {
    Object.keys(node._def.defaults).forEach((property) => {
      if (node[property] !== undefined) return;
      const field = fieldOf(property);
      if (field.attr('type') === 'checkbox') field.prop('checked', node._def.defaults[property].value);
      else field.val(node._def.defaults[property].value);
    });
  }

  /** Shows what concerns the chosen source. */
  function showRows(node) {
    const source = fieldOf('source').val();
    Object.keys(rules).forEach((property) => plateflowAlpr.toggleRows([property], applies(property, source)));
    const isNetwork = network.includes(source);
    $('#alpr-section-login').toggle(isNetwork);
    $('#alpr-section-stream')
      .toggle(source !== 'message')
      .text(node._(own + 'section.' + (live.includes(source) ? 'stream' : 'playing')));
    $('#alpr-camera-test').toggle(source !== 'message');
    $('#alpr-camera-detail').toggle(source === 'rtsp');
    $('#alpr-camera-motion').toggle(applies('motion', source));
    if (rules.path.includes(source)) fieldOf('path').attr('placeholder', node._(own + 'placeholder.' + source));
    if (isNetwork) fieldOf('url').attr('placeholder', node._(own + 'placeholder.address.' + source));
    if (rules.device.includes(source))
      fieldOf('device').attr('placeholder', node._(own + 'placeholder.device.' + source));
    ['address', 'login', 'devices', 'modes', 'arguments'].forEach((name) =>
      $('#alpr-camera-' + name + '-note').text(''),
    );
    if (isNetwork) noteAddress(node);
    if (source === 'ffmpeg') noteArguments(node);
    if (source === 'usb') listDevices(node);
    // What they must be like depends on the source.
    ['path', 'url', 'detailUrl', 'mode', 'arguments'].forEach((property) => fieldOf(property).trigger('change'));
  }

  /** User and password of an address go where they are kept apart from the flow. @returns whether there were some */
  function moveLogin(property) {
    const field = fieldOf(property);
    const found = root.plateflowAddress.splitLogin(field.val());
    if (found === undefined) return false;
    field.val(found.address);
    fieldOf('user').val(found.user).trigger('change');
    if (found.password !== undefined) fieldOf('password').val(found.password).trigger('change');
    return true;
  }

  function noteAddress(node) {
    const secret = ['url', 'detailUrl'].some((property) =>
      root.plateflowAddress.hasSecretQuery(fieldOf(property).val()),
    );
    $('#alpr-camera-address-note').text(secret ? node._(own + 'note.secretQuery') : '');
  }

  function noteArguments(node) {
    const text = fieldOf('arguments').val();
    const secret = root.plateflowAddress.hasLogin(text) || root.plateflowAddress.hasSecretQuery(text);
    $('#alpr-camera-arguments-note').text(secret ? node._(own + 'note.secretArguments') : '');
  }

  function followAddresses(node) {
    ['url', 'detailUrl'].forEach((property) => {
      const field = fieldOf(property);
      function move() {
        if (!moveLogin(property)) return;
        $('#alpr-camera-login-note').text(node._(own + 'note.moved'));
        field.trigger('change');
      }
      // Not at every key: the @ may be part of a password that is being typed.
      field.on('paste drop', () => setTimeout(move, 0));
      field.on('change', move);
      field.on('input change', () => noteAddress(node));
    });
    fieldOf('detailUrl').on('input', () =>
      plateflowAlpr.toggleRows(['detailOffset'], applies('detailOffset', fieldOf('source').val())),
    );
    fieldOf('arguments').on('input change', () => noteArguments(node));
  }

  function reasonOf(node, request) {
    const answer = request.responseJSON || {};
    if (answer.error) return answer.error;
    if (request.status === 401 || request.status === 403) return node._(own + 'error.permission');
    return node._(own + 'error.request', { status: request.status || '–' });
  }

  /** The USB cameras of the computer, for the list behind the field. */
  function listDevices(node) {
    const note = $('#alpr-camera-devices-note');
    $.getJSON('hailo-alpr/cameras/usb')
      .done((devices) => {
        const list = $('#alpr-camera-devices').empty();
        devices.forEach((device) => list.append($('<option></option>').val(device.device).text(device.name)));
        const found = devices.map((device) => device.name + ' (' + device.node + ')').join(', ');
        note.text(node._(own + (devices.length > 0 ? 'note.devices' : 'note.noDevices'), { devices: found }));
        if (devices.length === 1 && fieldOf('device').val() === '')
          fieldOf('device').val(devices[0].device).trigger('change');
        listModes(node);
      })
      .fail((request) => note.text(reasonOf(node, request)));
  }

  /** What the chosen USB camera can send. */
  function listModes(node) {
    const list = $('#alpr-camera-modes');
    list.empty();
    const note = $('#alpr-camera-modes-note').text('');
    const device = String(fieldOf('device').val()).trim();
    if (fieldOf('source').val() !== 'usb' || device === '') return;
    $.getJSON('hailo-alpr/cameras/usb/modes?device=' + encodeURIComponent(device))
      .done((modes) => {
        if (String(fieldOf('device').val()).trim() !== device) return;
        list.empty();
        modes.forEach((mode) => list.append($('<option></option>').val(mode.mode)));
        note.text(node._(own + 'note.modes', { count: modes.length }));
      })
      .fail((request) => note.text(reasonOf(node, request)));
  }

  /** Opens the folded sections in which something was set. */
  function openSections(node) {
    const isSet = (property) => {
      const value = node[property];
      return value !== undefined && String(value) !== String(node._def.defaults[property].value);
    };
    $('#alpr-camera-detail').prop('open', isSet('detailUrl'));
    $('#alpr-camera-motion').prop('open', isSet('motion'));
    $('#alpr-camera-areas').prop('open', isSet('regions') || isSet('masks'));
  }

  function prepare(node) {
    fillMissing(node);
    openSections(node);
    const again = () => showRows(node);
    fieldOf('source').on('change', again);
    ['loop', 'hwaccel', 'motion'].forEach((property) => fieldOf(property).on('change', again));
    fieldOf('device').on('change', () => listModes(node));
    followAddresses(node);
    showRows(node);
    root.plateflowCameraTest.open(node);
  }

  function close(node) {
    root.plateflowCameraTest.close(node);
    plateflowAlpr.areas.closeAreas(node);
  }

  /** Whoever saves or tests by key may not have left the field. */
  function moveLogins() {
    ['url', 'detailUrl'].forEach(moveLogin);
  }

  function save(node) {
    moveLogins();
    close(node);
  }

  root.plateflowCamera = {
    sources,
    live,
    choice,
    filledFor,
    checkAddress,
    checkMode,
    fieldOf,
    reasonOf,
    moveLogins,
    prepare,
    save,
    close,
  };
})(globalThis);
