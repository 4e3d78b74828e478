import assert from 'node:assert/strict';
import { HailoError } from '../../../src/device/hailo/errors';
import { describeStatus, hailoError, isClosingStatus, isDeviceLost } from '../../../src/device/hailo/library/status';
import { statusTable } from '../../../src/device/hailo/library/status-table';

/** hailort-c-api §5, as one text: number and name. */
const sheet =
  '0 SUCCESS · 1 UNINITIALIZED · 2 INVALID_ARGUMENT · 3 OUT_OF_HOST_MEMORY · 4 TIMEOUT · 5 INSUFFICIENT_BUFFER · 6 INVALID_OPERATION · ' +
  '7 NOT_IMPLEMENTED · 8 INTERNAL_FAILURE · 9 DATA_ALIGNMENT_FAILURE · 10 CHUNK_TOO_LARGE · 11 INVALID_LOGGER_LEVEL · 12 CLOSE_FAILURE · ' +
  '13 OPEN_FILE_FAILURE · 14 FILE_OPERATION_FAILURE · 15 UNSUPPORTED_CONTROL_PROTOCOL_VERSION · 16 UNSUPPORTED_FW_VERSION · ' +
  '17 INVALID_CONTROL_RESPONSE · 18 FW_CONTROL_FAILURE · 19 ETH_FAILURE · 20 ETH_INTERFACE_NOT_FOUND · 21 ETH_RECV_FAILURE · ' +
  '22 ETH_SEND_FAILURE · 23 INVALID_FIRMWARE · 24 INVALID_CONTEXT_COUNT · 25 INVALID_FRAME · 26 INVALID_HEF · ' +
  '27 PCIE_NOT_SUPPORTED_ON_PLATFORM · 28 INTERRUPTED_BY_SIGNAL · 29 START_VDMA_CHANNEL_FAIL · 30 SYNC_VDMA_BUFFER_FAIL · ' +
  '31 STOP_VDMA_CHANNEL_FAIL · 32 CLOSE_VDMA_CHANNEL_FAIL · 33 ATR_TABLES_CONF_VALIDATION_FAIL · 34 EVENT_CREATE_FAIL · ' +
  '35 READ_EVENT_FAIL · 36 DRIVER_OPERATION_FAILED · 37 INVALID_FIRMWARE_MAGIC · 38 INVALID_FIRMWARE_CODE_SIZE · ' +
  '39 INVALID_KEY_CERTIFICATE_SIZE · 40 INVALID_CONTENT_CERTIFICATE_SIZE · 41 MISMATCHING_FIRMWARE_BUFFER_SIZES · ' +
  '42 INVALID_FIRMWARE_CPU_ID · 43 CONTROL_RESPONSE_MD5_MISMATCH · 44 GET_CONTROL_RESPONSE_FAIL · 45 GET_D2H_EVENT_MESSAGE_FAIL · ' +
  '46 MUTEX_INIT_FAIL · 47 OUT_OF_DESCRIPTORS · 48 UNSUPPORTED_OPCODE · 49 USER_MODE_RATE_LIMITER_NOT_SUPPORTED · ' +
  '50 RATE_LIMIT_MAXIMUM_BANDWIDTH_EXCEEDED · 51 ANSI_TO_UTF16_CONVERSION_FAILED · 52 UTF16_TO_ANSI_CONVERSION_FAILED · ' +
  '53 UNEXPECTED_INTERFACE_INFO_FAILURE · 54 UNEXPECTED_ARP_TABLE_FAILURE · 55 MAC_ADDRESS_NOT_FOUND · 56 NO_IPV4_INTERFACES_FOUND · ' +
  '57 SHUTDOWN_EVENT_SIGNALED · 58 THREAD_ALREADY_ACTIVATED · 59 THREAD_NOT_ACTIVATED · 60 THREAD_NOT_JOINABLE · 61 NOT_FOUND · ' +
  '62 COMMUNICATION_CLOSED · 63 STREAM_ABORT · 64 DRIVER_NOT_INSTALLED · 65 NOT_AVAILABLE · 66 TRAFFIC_CONTROL_FAILURE · ' +
  '67 INVALID_SECOND_STAGE · 68 INVALID_PIPELINE · 69 NETWORK_GROUP_NOT_ACTIVATED · 70 VSTREAM_PIPELINE_NOT_ACTIVATED · ' +
  '71 OUT_OF_FW_MEMORY · 72 STREAM_NOT_ACTIVATED · 73 DEVICE_IN_USE · 74 OUT_OF_PHYSICAL_DEVICES · 75 INVALID_DEVICE_ARCHITECTURE · ' +
  '76 INVALID_DRIVER_VERSION · 77 RPC_FAILED · 78 INVALID_SERVICE_VERSION · 79 NOT_SUPPORTED · 80 NMS_BURST_INVALID_DATA · ' +
  '81 OUT_OF_HOST_CMA_MEMORY · 82 QUEUE_IS_FULL · 83 DMA_MAPPING_ALREADY_EXISTS · 84 CANT_MEET_BUFFER_REQUIREMENTS · ' +
  '85 DRIVER_INVALID_RESPONSE · 86 DRIVER_INVALID_IOCTL · 87 DRIVER_TIMEOUT · 88 DRIVER_INTERRUPTED · 89 CONNECTION_REFUSED · ' +
  '90 DRIVER_WAIT_CANCELED · 91 HEF_FILE_CORRUPTED · 92 HEF_NOT_SUPPORTED · 93 HEF_NOT_COMPATIBLE_WITH_DEVICE · 94 INVALID_HEF_USE · ' +
  '95 OPERATION_ABORTED · 96 DEVICE_NOT_CONNECTED · 97 DEVICE_TEMPORARILY_UNAVAILABLE';

const v4 = { major: 4, minor: 23, revision: 0 };
const v420 = { major: 4, minor: 20, revision: 0 };
const v5 = { major: 5, minor: 2, revision: 0 };

describe('Statuses', () => {
  it('0 to 97 have their numbers and names', () => {
    const names = statusTable.map(({ name }, number) => `${number} ${name}`);
    assert.deepEqual(names, sheet.split(' · '));
  });

  it('each have a meaning and, but for success, something to do', () => {
    statusTable.forEach((_, status) => {
      const { meaning, fix } = describeStatus(status);
      assert.ok(meaning.length > 5 && !meaning.endsWith('.'), `${status}: ${meaning}`);
      if (status > 0) assert.ok(fix.length > 5 && !fix.endsWith('.'), `${status}: ${fix}`);
      assert.match(fix.charAt(0), /[A-Z`/]/, `${status}: ${fix}`);
    });
  });

  it('that nobody knows are told with their number', () => {
    for (const status of [98, 12_345, -1, 2 ** 31 - 1, 0.5, NaN]) {
      const error = hailoError('hailo_identify', status);
      assert.ok(error.message.includes(`status ${status}`), error.message);
      assert.match(error.message, /Update this package/);
      assert.ok(Object.is(error.status, status));
    }
  });

  it('become an error with call, subject, name, number, meaning and cure', () => {
    const error = hailoError('hailo_vstream_read_raw_buffer', 4, { version: v4, about: 'a frame of yolo/out' });
    assert.ok(error instanceof HailoError);
    assert.equal(error.status, 4);
    assert.equal(error.code, 'ALPR_HAILO');
    assert.match(
      error.message,
      /^Expected hailo_vstream_read_raw_buffer to succeed for a frame of yolo\/out but received HAILO_TIMEOUT \(4\): .+\. .+\.$/,
    );
  });

  it('are told in brief, in so few words that they fit under a node', () => {
    const calls = ['hailo_create_vdevice', 'hailo_configure_vdevice', 'hailo_vstream_read_raw_buffer'];
    for (const call of calls) {
      for (const status of [...statusTable.keys(), 12_345]) {
        const { brief } = hailoError(call, status);
        assert.ok(brief!.length > 5 && brief!.length < 20, `${status} of ${call}: ${brief}`);
      }
    }
    const opening = [36, 73, 74, 76, 77, 78, 79, 86, 93].map((status) => hailoError(calls[0]!, status).brief);
    assert.equal(new Set(opening).size, opening.length, opening.join());
  });

  const sentences: { status: number; call: string; version: typeof v4; says: RegExp[] }[] = [
    { status: 36, call: 'hailo_create_vdevice', version: v4, says: [/device node/, /\/dev\/hailo0/, /--device/] },
    { status: 36, call: 'hailo_vstream_read_raw_buffer', version: v4, says: [/off the bus/] },
    { status: 73, call: 'hailo_create_vdevice', version: v4, says: [/another program holds/, /lsof/] },
    { status: 74, call: 'hailo_create_vdevice', version: v4, says: [/no free device/, /lspci/, /lsof/] },
    { status: 76, call: 'hailo_create_vdevice', version: v4, says: [/driver .*4\.23\.0/, /same version/] },
    {
      status: 77,
      call: 'hailo_create_vdevice',
      version: v4,
      says: [/service does not answer/, /systemctl enable --now hailort/],
    },
    { status: 78, call: 'hailo_create_vdevice', version: v4, says: [/service and the library/, /restart the service/] },
    { status: 6, call: 'hailo_create_vdevice', version: v4, says: [/without the HailoRT service/] },
    {
      status: 79,
      call: 'hailo_create_vdevice',
      version: v4,
      says: [/4\.x is for Hailo-8/, /Hailo-10H needs HailoRT 5/],
    },
    { status: 79, call: 'hailo_identify', version: v5, says: [/5\.x is for Hailo-10H/, /install HailoRT 4/] },
    {
      status: 86,
      call: 'hailo_create_device_by_id',
      version: v4,
      says: [/not the driver of this library/, /same version/],
    },
    { status: 93, call: 'hailo_configure_vdevice', version: v4, says: [/another chip/, /Hailo-8L run on Hailo-8/] },
    { status: 26, call: 'hailo_configure_vdevice', version: v420, says: [/another chip/, /damaged/, /newer compiler/] },
    { status: 26, call: 'hailo_create_hef_file', version: v4, says: [/not valid/] },
    { status: 7, call: 'hailo_configure_vdevice', version: v5, says: [/Hailo-10H cannot run networks/, /or the CPU/] },
    { status: 7, call: 'hailo_set_scheduler_timeout', version: v4, says: [/cannot do that/] },
    { status: 4, call: 'hailo_vstream_read_raw_buffer', version: v4, says: [/did not answer in time/, /time limit/] },
    { status: 62, call: 'hailo_vstream_read_raw_buffer', version: v4, says: [/connection .* closed/, /dmesg/] },
    { status: 63, call: 'hailo_vstream_read_raw_buffer', version: v4, says: [/broken off/, /dmesg/] },
    { status: 81, call: 'hailo_configure_vdevice', version: v4, says: [/contiguous memory/, /cma=/] },
    { status: 2, call: 'hailo_create_vdevice', version: v4, says: [/device with this id/, /hailortcli scan/] },
  ];
  for (const { status, call, version, says } of sentences) {
    it(`${status} of ${call} in ${version.major}.${version.minor} says what it is and what to do`, () => {
      const { message } = hailoError(call, status, { version });
      for (const pattern of says) assert.match(message, pattern);
    });
  }

  it('of closing are 57, 62, 63 and 95', () => {
    const closing = Array.from({ length: 100 }, (_, status) => status).filter(isClosingStatus);
    assert.deepEqual(closing, [57, 62, 63, 95]);
    assert.equal(isClosingStatus(undefined), false);
  });

  it('of a lost device carry a reason; a timeout, a full queue or a wrong argument are none', () => {
    for (const status of [36, 62, 63, 87, 96]) assert.match(isDeviceLost(status) ?? '', /\w{4}/, String(status));
    for (const status of [undefined, 0, 2, 4, 8, 74, 82, 93, 98, -1]) assert.equal(isDeviceLost(status), undefined);
  });
});
