/** What a hailo_status means, in our words; the numbers and names are those of the header (hailort-c-api §5). */
export interface StatusEntry {
  /** Without the prefix `HAILO_`. */
  name: string;
  meaning: string;
  /** What a user can do; only where that does not depend on the call or the version. */
  fix?: string;
}

const RESTART = 'Restart Node-RED; if it comes back, power the computer off and on';
const RESEAT =
  'Check that the module sits firmly, is cooled and has enough power, then power the computer off and on; `dmesg` shows what the driver saw';
const REINSTALL =
  'Install driver, firmware and library of HailoRT in one and the same version and restart the computer';
const REPORT = 'Please report it, with the versions and the model';
const NOT_USED = 'This package does not use that part of HailoRT. ' + REPORT;
const REBUILD_HEF =
  'Fetch the HEF again, or compile it with the Dataflow Compiler that belongs to the installed HailoRT';
const FREE_MEMORY = 'Close other programs or use fewer networks; a smaller queue or batch helps too';

const entry = (name: string, meaning: string, fix?: string): StatusEntry =>
  fix === undefined ? { name, meaning } : { name, meaning, fix };

/** Index is the number: 0 to 97, as of HailoRT 5.2. The library is never asked for these texts: it reads out of bounds for unknown numbers. */
export const statusTable: readonly StatusEntry[] = [
  entry('SUCCESS', 'it worked'),
  entry('UNINITIALIZED', 'a value was never set', REPORT),
  entry('INVALID_ARGUMENT', 'an argument is not allowed'),
  entry('OUT_OF_HOST_MEMORY', 'the computer has no memory left for it', FREE_MEMORY),
  entry(
    'TIMEOUT',
    'the device did not answer in time',
    'If it happens once, the device was busy: raise the time limit; if it happens again, restart the flow, check cooling and power of the module',
  ),
  entry('INSUFFICIENT_BUFFER', 'a list is longer than the room for it', REPORT),
  entry('INVALID_OPERATION', 'that is not allowed at this point'),
  entry('NOT_IMPLEMENTED', 'this HailoRT cannot do that with this device'),
  entry('INTERNAL_FAILURE', 'HailoRT failed inside', RESTART),
  entry('DATA_ALIGNMENT_FAILURE', 'memory does not begin at the right address', REPORT),
  entry('CHUNK_TOO_LARGE', 'a piece of data is too large', REPORT),
  entry(
    'INVALID_LOGGER_LEVEL',
    'the level of the log does not exist',
    'Check the variable HAILORT_CONSOLE_LOGGER_LEVEL',
  ),
  entry('CLOSE_FAILURE', 'something could not be closed', RESTART),
  entry(
    'OPEN_FILE_FAILURE',
    'a file could not be opened',
    'Check that it exists and that the user of Node-RED may read it',
  ),
  entry(
    'FILE_OPERATION_FAILURE',
    'a file could not be read: it is empty, a folder, or on a broken disk',
    'Check the file; fetch it again',
  ),
  entry(
    'UNSUPPORTED_CONTROL_PROTOCOL_VERSION',
    "the firmware speaks another version of the library's protocol",
    REINSTALL,
  ),
  entry('UNSUPPORTED_FW_VERSION', 'the firmware on the device and the library are of different versions', REINSTALL),
  entry('INVALID_CONTROL_RESPONSE', 'the firmware answered with nonsense', RESTART),
  entry('FW_CONTROL_FAILURE', 'the firmware refused a command', RESTART),
  entry('ETH_FAILURE', 'the network connection to the device failed', NOT_USED),
  entry('ETH_INTERFACE_NOT_FOUND', 'the network interface does not exist', NOT_USED),
  entry('ETH_RECV_FAILURE', 'nothing could be received over the network', NOT_USED),
  entry('ETH_SEND_FAILURE', 'nothing could be sent over the network', NOT_USED),
  entry('INVALID_FIRMWARE', 'the firmware file is not valid', REINSTALL),
  entry('INVALID_CONTEXT_COUNT', 'the network has an impossible number of parts', REBUILD_HEF),
  entry('INVALID_FRAME', 'a result of the device is not a whole frame', RESTART),
  entry('INVALID_HEF', 'the HEF is not valid', REBUILD_HEF),
  entry(
    'PCIE_NOT_SUPPORTED_ON_PLATFORM',
    'PCIe does not work on this computer',
    'Use a computer with PCIe, or the CPU',
  ),
  entry('INTERRUPTED_BY_SIGNAL', 'a signal of the operating system interrupted the call', 'Try again'),
  entry('START_VDMA_CHANNEL_FAIL', 'the transfer to the device could not be started', RESEAT),
  entry('SYNC_VDMA_BUFFER_FAIL', 'memory could not be synchronised with the device', RESEAT),
  entry('STOP_VDMA_CHANNEL_FAIL', 'the transfer to the device could not be stopped', RESEAT),
  entry('CLOSE_VDMA_CHANNEL_FAIL', 'the transfer to the device could not be closed', RESEAT),
  entry('ATR_TABLES_CONF_VALIDATION_FAIL', 'the address tables of the device are wrong', RESEAT),
  entry(
    'EVENT_CREATE_FAIL',
    'an event of the operating system could not be made',
    'Close other programs or raise the limit of open files',
  ),
  entry('READ_EVENT_FAIL', 'an event of the operating system could not be read', RESTART),
  entry('DRIVER_OPERATION_FAILED', 'the driver could not be opened or failed'),
  entry('INVALID_FIRMWARE_MAGIC', 'the firmware file does not begin like one', REINSTALL),
  entry('INVALID_FIRMWARE_CODE_SIZE', 'the firmware file has a wrong size', REINSTALL),
  entry('INVALID_KEY_CERTIFICATE_SIZE', 'the key certificate of the firmware has a wrong size', REINSTALL),
  entry('INVALID_CONTENT_CERTIFICATE_SIZE', 'the content certificate of the firmware has a wrong size', REINSTALL),
  entry('MISMATCHING_FIRMWARE_BUFFER_SIZES', 'the parts of the firmware do not fit together', REINSTALL),
  entry('INVALID_FIRMWARE_CPU_ID', 'the firmware is for another processor of the device', REINSTALL),
  entry('CONTROL_RESPONSE_MD5_MISMATCH', 'an answer of the firmware was damaged on the way', RESEAT),
  entry('GET_CONTROL_RESPONSE_FAIL', 'the firmware gave no answer', RESEAT),
  entry('GET_D2H_EVENT_MESSAGE_FAIL', 'a message of the device could not be read', RESEAT),
  entry('MUTEX_INIT_FAIL', 'a lock of the operating system could not be made', RESTART),
  entry('OUT_OF_DESCRIPTORS', 'there are no transfer descriptors left for so much data', FREE_MEMORY),
  entry(
    'UNSUPPORTED_OPCODE',
    'the firmware does not know this command',
    'This board cannot do that (most small modules measure no power)',
  ),
  entry('USER_MODE_RATE_LIMITER_NOT_SUPPORTED', 'a rate limit cannot be set', NOT_USED),
  entry('RATE_LIMIT_MAXIMUM_BANDWIDTH_EXCEEDED', 'the rate limit is too high', NOT_USED),
  entry('ANSI_TO_UTF16_CONVERSION_FAILED', 'a text could not be converted', NOT_USED),
  entry('UTF16_TO_ANSI_CONVERSION_FAILED', 'a text could not be converted', NOT_USED),
  entry('UNEXPECTED_INTERFACE_INFO_FAILURE', 'the network interface says nothing useful about itself', NOT_USED),
  entry('UNEXPECTED_ARP_TABLE_FAILURE', 'the table of network neighbours could not be read', NOT_USED),
  entry('MAC_ADDRESS_NOT_FOUND', 'the network address of the device is unknown', NOT_USED),
  entry('NO_IPV4_INTERFACES_FOUND', 'there is no IPv4 network', NOT_USED),
  entry('SHUTDOWN_EVENT_SIGNALED', 'it is being shut down', 'Nothing to do when the flow stops; else restart it'),
  entry('THREAD_ALREADY_ACTIVATED', 'a thread runs already', RESTART),
  entry('THREAD_NOT_ACTIVATED', 'a thread does not run', RESTART),
  entry('THREAD_NOT_JOINABLE', 'a thread cannot be waited for', RESTART),
  entry('NOT_FOUND', 'what was asked for does not exist'),
  entry('COMMUNICATION_CLOSED', 'the connection to the device was closed', RESEAT),
  entry('STREAM_ABORT', 'the running transfer was broken off', RESEAT),
  entry(
    'DRIVER_NOT_INSTALLED',
    'the driver is not installed',
    "Install HailoRT's PCIe driver (package hailort-pcie-driver; on Raspberry Pi OS: hailo-all) and restart the computer",
  ),
  entry('NOT_AVAILABLE', 'that is not available now', 'Try again'),
  entry('TRAFFIC_CONTROL_FAILURE', 'the rate of the network could not be controlled', NOT_USED),
  entry('INVALID_SECOND_STAGE', 'the second stage of the firmware is not valid', REINSTALL),
  entry('INVALID_PIPELINE', 'the pipeline of the network is not valid', REBUILD_HEF),
  entry('NETWORK_GROUP_NOT_ACTIVATED', 'the network is not active', RESTART),
  entry('VSTREAM_PIPELINE_NOT_ACTIVATED', 'the pipeline of the network is not active', RESTART),
  entry('OUT_OF_FW_MEMORY', 'the device has no memory left', 'Use fewer networks at once or a smaller batch'),
  entry('STREAM_NOT_ACTIVATED', 'the stream is not active', RESTART),
  entry('DEVICE_IN_USE', 'another program uses the device'),
  entry('OUT_OF_PHYSICAL_DEVICES', 'there is no free device'),
  entry(
    'INVALID_DEVICE_ARCHITECTURE',
    'the device is of another kind than expected',
    'Install the HailoRT that belongs to the device: 4.x for Hailo-8 and 8L, 5.x for Hailo-10H',
  ),
  entry('INVALID_DRIVER_VERSION', 'driver and library are of different versions'),
  entry('RPC_FAILED', 'the HailoRT service does not answer'),
  entry('INVALID_SERVICE_VERSION', 'the HailoRT service and the library are of different versions'),
  entry('NOT_SUPPORTED', 'this HailoRT does not support that'),
  entry('NMS_BURST_INVALID_DATA', 'the detections of the device are nonsense', RESTART),
  entry(
    'OUT_OF_HOST_CMA_MEMORY',
    'there is no contiguous memory left for transfers',
    'Give the kernel more with `cma=256M` on its command line and restart, or use fewer networks',
  ),
  entry('QUEUE_IS_FULL', 'the queue is full', 'Try again; send fewer frames at once'),
  entry('DMA_MAPPING_ALREADY_EXISTS', 'the memory is prepared for transfers already', REPORT),
  entry('CANT_MEET_BUFFER_REQUIREMENTS', 'no memory is as the transfer needs it', FREE_MEMORY),
  entry('DRIVER_INVALID_RESPONSE', 'the driver answered with nonsense', REINSTALL),
  entry('DRIVER_INVALID_IOCTL', 'the driver does not know a command of the library'),
  entry('DRIVER_TIMEOUT', 'the driver waited too long for the device', RESEAT),
  entry('DRIVER_INTERRUPTED', 'the driver was interrupted', 'Try again'),
  entry(
    'CONNECTION_REFUSED',
    'the connection was refused',
    'Check that the HailoRT service runs: `systemctl status hailort`',
  ),
  entry('DRIVER_WAIT_CANCELED', 'the driver stopped waiting for the device', RESEAT),
  entry('HEF_FILE_CORRUPTED', 'the HEF is damaged: its length or checksum is wrong', 'Fetch the file again'),
  entry(
    'HEF_NOT_SUPPORTED',
    'this HailoRT is too old for the HEF, or the file is none',
    'Install a newer HailoRT, or fetch the HEF that was compiled for this one',
  ),
  entry('HEF_NOT_COMPATIBLE_WITH_DEVICE', 'the HEF was compiled for another chip'),
  entry('INVALID_HEF_USE', 'the HEF is used in a way that it does not allow', REPORT),
  entry('OPERATION_ABORTED', 'the operation was broken off', 'Nothing to do when the flow stops; else restart it'),
  entry('DEVICE_NOT_CONNECTED', 'the device is not connected any more', RESEAT),
  entry(
    'DEVICE_TEMPORARILY_UNAVAILABLE',
    'the device is busy with something else for a moment',
    'Try again in a moment',
  ),
];
