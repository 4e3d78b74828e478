import assert from 'node:assert/strict';
import { examine, type ExamineOptions } from '../../src/doctor/examine.js';
import type { Finding } from '../../src/doctor/finding.js';
import type { HailoProbe } from '../../src/device/hailo/probe.js';
import {
  answering,
  HAILO_10H,
  HAILO_8,
  Machine,
  noLibrary,
  optionsFor,
  pi5,
  probeOf,
  type MachineParts,
} from './machine.js';

const healthy = probeOf('4.23.0', [answering('hailo8l')]);

describe('The doctor', () => {
  const machines: Machine[] = [];
  afterEach(() => machines.splice(0).forEach((machine) => machine.remove()));

  async function look(parts: MachineParts, probe: HailoProbe, options: ExamineOptions = {}): Promise<Finding[]> {
    const machine = new Machine(parts);
    machines.push(machine);
    return examine(optionsFor(machine, probe, options));
  }

  /** The one finding with this id. */
  function only(findings: Finding[], id: string): Finding {
    const found = findings.filter((finding) => finding.id === id);
    assert.equal(found.length, 1, `${id} in ${JSON.stringify(findings, null, 1)}`);
    return found[0]!;
  }

  const worse = (findings: Finding[]) => findings.filter(({ level }) => level === 'warning' || level === 'error');
  const ids = (findings: Finding[]) => findings.map(({ id }) => id);

  it('finds nothing to fix on a machine without a Hailo, and says that the CPU does the work', async () => {
    const findings = await look({}, noLibrary);
    assert.deepEqual(worse(findings), []);
    const finding = only(findings, 'accelerator');
    assert.equal(finding.level, 'info');
    assert.match(finding.title, /No Hailo.*CPU/);
    assert.equal(finding.fix, undefined);
    assert.ok(!ids(findings).includes('library'));
  });

  it('finds nothing wrong on a Pi 5 with a Hailo-8L in order', async () => {
    const link = { speed: '8.0 GT/s PCIe', max: '8.0 GT/s PCIe', width: '1', maxWidth: '4' };
    const parts = { chip: HAILO_8, link, board: 'Raspberry Pi 5 Model B Rev 1.0', pageSize: 16384 };
    const findings = await look({ ...parts, descriptorPageSize: '4096' }, healthy);
    assert.deepEqual(worse(findings), []);
    assert.match(only(findings, 'device').title, /Hailo-8L at 0000:01:00\.0 answers: firmware 4\.23\.0, 47 °C/);
    assert.match(only(findings, 'pcie-link').title, /Gen 3, 1 lane \(as on every Raspberry Pi\)/);
    assert.match(only(findings, 'driver').title, /hailo_pci 4\.23\.0/);
    assert.match(only(findings, 'versions').title, /4\.23\.0/);
    assert.match(only(findings, 'library').title, /4\.23\.0 loaded from \/usr\/lib\/libhailort\.so/);
  });

  describe('with a chip but', () => {
    it('no driver: says how to load it, and not a second time what the library thinks of it', async () => {
      const findings = await look({ chip: HAILO_8, driver: false }, probeOf('4.23.0', []));
      assert.deepEqual(ids(worse(findings)), ['driver']);
      assert.match(only(findings, 'driver').fix!, /sudo modprobe hailo_pci/);
      assert.match(only(findings, 'accelerator').title, /0000:01:00\.0/);
    });

    it('a driver that does not serve it: points to the kernel log', async () => {
      const findings = await look({ chip: HAILO_8, node: false }, probeOf('4.23.0', []));
      const errors = worse(findings);
      assert.deepEqual(ids(errors), ['driver']);
      assert.match(errors[0]!.title, /does not serve 0000:01:00\.0/);
      assert.match(errors[0]!.fix!, /dmesg/);
    });

    const cannotOpen = probeOf('4.23.0', [{ id: '0000:01:00.0', status: 36, error: 'x' }]);

    it('no device node: one finding, the status 36 that follows from it is not another one', async () => {
      const findings = await look({ chip: HAILO_8, dev: 'nothing' }, cannotOpen);
      assert.deepEqual(ids(worse(findings)), ['device-node']);
      assert.match(only(findings, 'device-node').fix!, /modprobe/);
    });

    it('no device node in a container: says how to give the container the device', async () => {
      const findings = await look({ chip: HAILO_8, dev: 'nothing', docker: true }, cannotOpen);
      assert.match(only(findings, 'device-node').title, /in this container/);
      assert.match(only(findings, 'device-node').fix!, /--device \/dev\/hailo0/);
    });

    it("no device node in Home Assistant's app: says that it is not given there", async () => {
      const env = { SUPERVISOR_TOKEN: 'x' };
      const findings = await look({ chip: HAILO_8, dev: 'nothing' }, cannotOpen, { env });
      assert.match(only(findings, 'device-node').fix!, /Home Assistant/);
    });

    it('a folder where the device node should be: it was mounted as a volume', async () => {
      const findings = await look({ chip: HAILO_8, dev: 'folder', docker: true }, cannotOpen);
      assert.match(only(findings, 'device-node').title, /folder/);
    });

    it('no permission: says mode and owner, and gives the udev rule', async () => {
      const access = () => {
        throw Object.assign(new Error('no'), { code: 'EACCES' });
      };
      const findings = await look({ chip: HAILO_8 }, cannotOpen, { access });
      assert.deepEqual(ids(worse(findings)), ['device-node']);
      const { title, fix } = only(findings, 'device-node');
      assert.match(title, /EACCES.*mode 0\d{3}, owner \d+, group \d+/);
      assert.match(fix!, /SUBSYSTEM=="hailo_chardev", MODE="0666"/);
    });

    it('driver 4.20.0 and library 4.23.0: names both, once', async () => {
      const probe = probeOf('4.23.0', [{ id: '0000:01:00.0', status: 76, error: 'x' }]);
      const findings = await look({ chip: HAILO_8, driver: '4.20.0' }, probe);
      assert.deepEqual(ids(worse(findings)), ['versions']);
      assert.match(only(findings, 'versions').title, /driver is 4\.20\.0 and the library 4\.23\.0.*76/);
      assert.match(only(findings, 'versions').fix!, /Install HailoRT 4\.20\.0 or the driver 4\.23\.0/);
    });

    it('a driver that differs in the last number only: that is an error too; in a container the mount is the fix', async () => {
      const probe = probeOf('4.20.1', []);
      const findings = await look({ chip: HAILO_8, driver: '4.20.0', docker: true }, probe);
      assert.match(only(findings, 'versions').fix!, /libhailort\.so\.4\.20\.0/);
    });

    it('HailoRT 5.2: says that the chip needs 4.x, and nothing of 79 or of the driver', async () => {
      const probe = probeOf('5.2.0', [{ id: '0000:01:00.0', status: 79, error: 'x' }]);
      const findings = await look({ chip: HAILO_8 }, probe);
      assert.deepEqual(ids(worse(findings)), ['library-line']);
      assert.match(only(findings, 'library-line').title, /5\.2\.0 does not drive Hailo-8.*4\.x/);
    });

    it('no library: names the version of the driver', async () => {
      const findings = await look({ chip: HAILO_8, driver: '4.21.0' }, noLibrary);
      assert.deepEqual(ids(worse(findings)), ['library']);
      assert.match(only(findings, 'library').fix!, /4\.21\.0/);
      assert.match(only(findings, 'library').title, /\/usr\/lib\/libhailort\.so/);
    });

    it('no library on musl or 32 bits: the system is the cause', async () => {
      const musl = await look({ chip: HAILO_8 }, noLibrary, { platform: { ...pi5, libc: 'musl' } });
      assert.match(only(musl, 'system').title, /glibc.*musl/);
      assert.match(only(musl, 'system').fix!, /debian/);
      const narrow = await look({ chip: HAILO_8 }, noLibrary, { platform: { ...pi5, cpu: 'arm' } });
      assert.match(only(narrow, 'system').title, /64-bit/);
    });

    it('other firmware: warns that commands may fail', async () => {
      const findings = await look({ chip: HAILO_8 }, probeOf('4.23.0', [answering('hailo8', { firmware: '4.19.0' })]));
      assert.deepEqual(ids(worse(findings)), ['firmware']);
      assert.match(only(findings, 'firmware').title, /4\.19\.0.*4\.23\.0/);
    });

    it('heat: warns', async () => {
      const findings = await look({ chip: HAILO_8 }, probeOf('4.23.0', [answering('hailo8', { temperature: 99 })]));
      assert.deepEqual(ids(worse(findings)), ['temperature']);
    });

    it('another device id in the settings: names the one that there is', async () => {
      const findings = await look({ chip: HAILO_8 }, healthy, { deviceId: '0000:04:00.0' });
      assert.match(only(findings, 'device-id').title, /0000:04:00\.0.*0000:01:00\.0/);
      assert.ok(!ids(await look({ chip: HAILO_8 }, healthy, { deviceId: '0000:01:00.0' })).includes('device-id'));
    });
  });

  it('has a sentence and a fix of its own for every status that users meet', async () => {
    const titles = new Set<string>();
    for (const status of [36, 73, 74, 76, 77, 78, 79, 86, 93]) {
      const probe = probeOf('4.23.0', [{ id: '0000:01:00.0', status, error: 'x' }]);
      const { level, title, fix } = only(await look({ chip: HAILO_8 }, probe), 'device');
      assert.equal(level, 'error');
      assert.match(title, new RegExp(`^Device 0000:01:00\\.0 cannot be used: .{20,} \\(HAILO_[A-Z_]+, ${status}\\)$`));
      assert.ok(fix !== undefined && fix.length > 20, title);
      titles.add(title);
    }
    assert.equal(titles.size, 9);
  });

  it('takes a device for one that answers though its temperature cannot be read', async () => {
    const device = { ...answering('hailo8'), status: 48, error: 'x' };
    delete device.temperature;
    const findings = (await look({ chip: HAILO_8 }, probeOf('4.23.0', [device]))).filter(({ id }) => id === 'device');
    assert.deepEqual(
      findings.map(({ level }) => level),
      ['ok', 'warning'],
    );
    assert.match(findings[1]!.title, /Not all of 0000:01:00\.0 works.*48/);
  });

  it('says why the library cannot list devices', async () => {
    const probe = { ...probeOf('4.23.0', []), error: 'Expected the list but received nothing', status: 36 };
    const { level, title } = only(await look({ chip: HAILO_8 }, probe), 'device');
    assert.equal(level, 'error');
    assert.match(title, /cannot list.*36/);
  });

  describe('looks at the connection:', () => {
    const link = { speed: '5.0 GT/s PCIe', max: '8.0 GT/s PCIe' };

    it('a Pi 5 at Gen 2 is told how to get Gen 3', async () => {
      const findings = await look({ chip: HAILO_8, link, board: 'Raspberry Pi 5 Model B Rev 1.0' }, healthy);
      const finding = only(findings, 'pcie-link');
      assert.equal(finding.level, 'warning');
      assert.match(finding.title, /Gen 2, 1 lane.*Gen 3/);
      assert.match(finding.fix!, /dtparam=pciex1_gen=3/);
    });

    it('another computer at Gen 2 has nothing to fix', async () => {
      const finding = only(await look({ chip: HAILO_8, link }, healthy), 'pcie-link');
      assert.equal(finding.level, 'info');
      assert.equal(finding.fix, undefined);
    });

    it('a link that sleeps is not judged', async () => {
      const sleeping = { speed: 'Unknown', max: '8.0 GT/s PCIe', width: '255' };
      assert.ok(!ids(await look({ chip: HAILO_8, link: sleeping }, healthy)).includes('pcie-link'));
    });

    it('pages larger than the descriptors are a warning unless the driver is told', async () => {
      const parts = { chip: HAILO_8, pageSize: 16384 };
      const finding = only(await look({ ...parts, descriptorPageSize: '0' }, healthy), 'page-size');
      assert.equal(finding.level, 'warning');
      assert.match(finding.fix!, /options hailo_pci force_desc_page_size=4096/);
      assert.ok(!ids(await look({ ...parts, descriptorPageSize: '4096' }, healthy)).includes('page-size'));
      assert.ok(!ids(await look({ chip: HAILO_8, pageSize: 4096 }, healthy)).includes('page-size'));
    });
  });

  describe('meets a Hailo-10H', () => {
    for (const version of ['5.2.0', '4.23.0']) {
      it(`with HailoRT ${version}: says plainly that it cannot be used, and nothing else`, async () => {
        const devices = [{ id: '0000:01:00.0', status: 79, error: 'x' }];
        const findings = await look({ chip: HAILO_10H, driver: '5.2.0' }, probeOf(version, devices));
        assert.deepEqual(ids(worse(findings)), ['hailo-10h']);
        assert.equal(only(findings, 'hailo-10h').level, 'warning');
        assert.match(only(findings, 'hailo-10h').title, /cannot be used.*C interface/);
      });
    }

    it('known by its driver alone, under the name of newer drivers', async () => {
      const machine = new Machine();
      machines.push(machine);
      machine.write('/sys/class/hailo_chardev/h1x-0/accelerator_type', '1');
      const findings = await examine(optionsFor(machine, noLibrary));
      assert.deepEqual(ids(worse(findings)), ['hailo-10h']);
    });
  });

  describe('looks at who uses the device:', () => {
    it('the service is wanted and does not run', async () => {
      const findings = await look({ chip: HAILO_8 }, healthy, { service: true });
      assert.deepEqual(ids(worse(findings)), ['service']);
      assert.match(only(findings, 'service').fix!, /systemctl enable --now hailort\.service/);
    });

    it('the service is wanted and runs', async () => {
      const service = { 812: { name: 'hailort_service', files: ['/dev/hailo0'] } };
      const parts = { chip: HAILO_8, processes: service, serviceSocket: true };
      const findings = await look(parts, healthy, { service: true });
      assert.deepEqual(worse(findings), []);
      assert.equal(only(findings, 'service').level, 'ok');
    });

    it('the service is wanted and its socket is missing; in a container it must be mounted', async () => {
      const parts = { chip: HAILO_8, processes: { 812: { name: 'hailort_service' } } };
      assert.match(only(await look(parts, healthy, { service: true }), 'service').title, /socket .* is not there/);
      const inside = await look({ chip: HAILO_8, docker: true }, healthy, { service: true });
      assert.match(only(inside, 'service').fix!, /-v \/tmp\/hailort_uds\.sock/);
    });

    it('the service runs but is not wanted', async () => {
      const parts = { chip: HAILO_8, processes: { 812: { name: 'hailort_service' } } };
      assert.equal(only(await look(parts, healthy), 'service').level, 'info');
    });

    it('another process has it open: says its name and number only', async () => {
      const processes = { 4711: { name: 'frigate.detecto', files: ['/dev/null', '/dev/hailo0'] } };
      const findings = await look({ chip: HAILO_8, processes }, healthy);
      assert.deepEqual(ids(worse(findings)), ['holders']);
      assert.match(only(findings, 'holders').title, /frigate\.detecto \(process 4711\)/);
    });

    it('this process has it open: no warning', async () => {
      const processes = { [process.pid]: { name: 'node-red', files: ['/dev/hailo0'] } };
      const findings = await look({ chip: HAILO_8, processes }, healthy);
      assert.deepEqual(worse(findings), []);
      assert.equal(only(findings, 'holders').level, 'info');
    });
  });

  describe('looks at the log files:', () => {
    it('says how to get them when the library has a complaint', async () => {
      const findings = await look({ chip: HAILO_8 }, noLibrary);
      assert.match(only(findings, 'log-files').title, /HAILORT_LOGGER_PATH/);
    });

    it('warns when their folder cannot be written', async () => {
      const findings = await look({ chip: HAILO_8 }, healthy, { env: { HAILORT_LOGGER_PATH: '/nowhere' } });
      assert.match(only(findings, 'log-files').title, /\/nowhere \(ENOENT\)/);
      const there = await look({ chip: HAILO_8 }, healthy, { env: { HAILORT_LOGGER_PATH: '/dev' } });
      assert.equal(only(there, 'log-files').level, 'info');
    });
  });

  describe('never fails:', () => {
    it('a probe that rejects is a finding', async () => {
      const probe = () => Promise.reject(new Error('the thread ended'));
      const findings = await look({ chip: HAILO_8 }, noLibrary, { probe });
      assert.equal(only(findings, 'probe').level, 'error');
      assert.match(only(findings, 'probe').title, /the thread ended/);
    });

    it('a probe that throws at once is one too, and no error where there is no chip', async () => {
      const probe = () => {
        throw new Error('no threads here');
      };
      const findings = await look({}, noLibrary, { probe });
      assert.equal(only(findings, 'probe').level, 'warning');
    });

    it('a probe that never answers ends at the time limit', async () => {
      const probe = () => new Promise<HailoProbe>(() => undefined);
      const findings = await look({ chip: HAILO_8 }, noLibrary, { probe, timeLimit: 20 });
      assert.match(only(findings, 'probe').title, /no answer within 0\.02 s/);
      assert.ok(ids(findings).includes('driver'));
    });

    it('a CPU runtime that does not load is an error with what to do', async () => {
      const runtime = () => {
        throw new Error('Expected ONNX Runtime to load\nTried:\n- x: y\nWhat to do:\n- install it\n- or else');
      };
      const finding = only(await look({}, noLibrary, { runtime }), 'cpu-runtime');
      assert.deepEqual([finding.level, finding.fix], ['error', 'install it; or else']);
    });
  });
});
