/* The chips: scan, identity, sensors (hailort-c-api §2, §4.6, §9, §10). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stub.h"

#define STRING(x) #x
#define TEXT(x) STRING(x)
#define LIBRARY_VERSION TEXT(STUB_MAJOR) "." TEXT(STUB_MINOR) "." TEXT(STUB_REVISION)

static const char *const status_names[] = {
#define X(number, name, since) [number] = STUB_VERSION >= (since) ? "HAILO_" #name : NULL,
    STATUS_TABLE(X)
#undef X
};

int32_t architecture_of(const struct device_config *device)
{
    if (strcmp(device->architecture, "hailo10h") == 0) return ARCHITECTURE_HAILO10H;
    return strcmp(device->architecture, "hailo8l") == 0 ? ARCHITECTURE_HAILO8L : ARCHITECTURE_HAILO8;
}

/* Each line of the library knows its own chips only (§0.1). */
hailo_status check_device(const struct device_config *device)
{
    return (architecture_of(device) == ARCHITECTURE_HAILO10H) == (STUB_MAJOR >= 5) ? HAILO_SUCCESS : HAILO_NOT_SUPPORTED;
}

static hailo_status library_version(struct call *call, hailo_version_t *version)
{
    if (version == NULL) return HAILO_INVALID_ARGUMENT;
    *version = (hailo_version_t){ STUB_MAJOR, STUB_MINOR, STUB_REVISION };
    return stub_fault(call, NULL);
}

API hailo_status hailo_get_library_version(hailo_version_t *version)
{
    STUB_CALL(library_version(&call, version));
}

API const char *hailo_get_status_message(hailo_status status)
{
    struct call call;
    stub_begin(&call, __func__);
    bool known = (unsigned)status < sizeof status_names / sizeof *status_names;
    if ((int)status < 0) stats_misuse(call.function, "a negative status reads out of bounds");
    stub_end(&call, HAILO_SUCCESS);
    return known ? status_names[status] : NULL;
}

static hailo_status scan(struct call *call, void *params, hailo_device_id_t *ids, size_t *count)
{
    if (params != NULL || ids == NULL || count == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, NULL);
    if (status != HAILO_SUCCESS) return status;
    size_t room = *count, found = 0;
    for (size_t i = 0; i < stub_config.device_count; i++) {
        const struct device_config *device = &stub_config.devices[i];
        if (device->lost) continue;
        if (found < room) {
            memset(&ids[found], 0, sizeof ids[found]);
            memcpy(ids[found].id, device->id, sizeof device->id);
        }
        found++;
    }
    *count = found;
    return found > room ? HAILO_INSUFFICIENT_BUFFER : HAILO_SUCCESS;
}

API hailo_status hailo_scan_devices(void *params, hailo_device_id_t *device_ids, size_t *device_ids_length)
{
    STUB_CALL(scan(&call, params, device_ids, device_ids_length));
}

static const struct device_config *choose(const hailo_device_id_t *id, hailo_status *status)
{
    if (id != NULL) {
        const struct device_config *device = stub_device_config(id->id);
        *status = HAILO_INVALID_ARGUMENT;
        return device == NULL || device->lost ? NULL : device;
    }
    const struct device_config *only = NULL;
    *status = HAILO_INVALID_OPERATION;
    for (size_t i = 0; i < stub_config.device_count; i++) {
        if (stub_config.devices[i].lost) continue;
        if (only != NULL) return NULL;
        only = &stub_config.devices[i];
    }
    return only;
}

static hailo_status create(struct call *call, const hailo_device_id_t *id, hailo_device *result)
{
    if (result == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, NULL);
    if (status != HAILO_SUCCESS) return status;
    const struct device_config *config = choose(id, &status);
    if (config == NULL) return status;
    status = check_device(config);
    if (status != HAILO_SUCCESS) return status;
    struct device *device = calloc(1, sizeof *device);
    if (device == NULL) return HAILO_OUT_OF_HOST_MEMORY;
    memcpy(device->id, config->id, sizeof device->id);
    *result = handle_new(KIND_DEVICE, device, false);
    return HAILO_SUCCESS;
}

API hailo_status hailo_create_device_by_id(const hailo_device_id_t *device_id, hailo_device *device)
{
    STUB_CALL(create(&call, device_id, device));
}

static hailo_status release(struct call *call, hailo_device handle)
{
    struct device *device = handle_get(call, handle, KIND_DEVICE);
    if (device == NULL) return HAILO_INVALID_ARGUMENT;
    if (handle_borrowed(handle)) {
        stats_misuse(call->function, "a device that belongs to its vdevice");
        return HAILO_INVALID_ARGUMENT;
    }
    handle_close(handle);
    free(device);
    return stub_fault(call, NULL);
}

API hailo_status hailo_release_device(hailo_device device)
{
    STUB_CALL(release(&call, device));
}

/* A control goes to the firmware: it must be there and, but for identify, of the library's version. */
static hailo_status control(struct call *call, hailo_device handle, const struct device_config **config)
{
    const struct device *device = handle_get(call, handle, KIND_DEVICE);
    if (device == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, NULL);
    if (status != HAILO_SUCCESS) return status;
    *config = stub_device_config(device->id);
    if (*config == NULL || (*config)->lost) return HAILO_DRIVER_OPERATION_FAILED;
    bool same = strcmp((*config)->firmware, "-") == 0 || strcmp((*config)->firmware, LIBRARY_VERSION) == 0;
    return same || strcmp(call->function, "hailo_identify") == 0 ? HAILO_SUCCESS : HAILO_UNSUPPORTED_FW_VERSION;
}

/* The fields need not end in a zero byte, so what lies behind them is not zero here. */
static uint8_t put_name(char *field, size_t size, const char *text)
{
    size_t length = strlen(text);
    memset(field, '#', size);
    memcpy(field, text, length);
    return (uint8_t)length;
}

static hailo_status identify(struct call *call, hailo_device handle, hailo_device_identity_t *identity)
{
    const struct device_config *config;
    if (identity == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = control(call, handle, &config);
    if (status != HAILO_SUCCESS) return status;
    memset(identity, 0, sizeof *identity);
    const char *firmware = strcmp(config->firmware, "-") == 0 ? LIBRARY_VERSION : config->firmware;
    hailo_version_t *version = &identity->fw_version;
    sscanf(firmware, "%u.%u.%u", &version->major, &version->minor, &version->revision);
    int32_t architecture = architecture_of(config);
    const char *names[] = { [ARCHITECTURE_HAILO8] = "Hailo-8", [ARCHITECTURE_HAILO8L] = "Hailo-8L",
                            [ARCHITECTURE_HAILO10H] = "Hailo-10H" };
    identity->protocol_version = 2;
    identity->board_name_length = put_name(identity->board_name, sizeof identity->board_name, names[architecture]);
    identity->is_release = true;
    identity->device_architecture = architecture;
    identity->serial_number_length = put_name(identity->serial_number, sizeof identity->serial_number, "STUB000000000001");
    identity->part_number_length = put_name(identity->part_number, sizeof identity->part_number, "STUB-PART");
    identity->product_name_length =
        put_name(identity->product_name, sizeof identity->product_name, "STUB OF A HAILO AI ACCELERATOR");
    return HAILO_SUCCESS;
}

API hailo_status hailo_identify(hailo_device device, hailo_device_identity_t *device_identity)
{
    STUB_CALL(identify(&call, device, device_identity));
}

static hailo_status extended(struct call *call, hailo_device handle, hailo_extended_device_information_t *information)
{
    const struct device_config *config;
    if (information == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = control(call, handle, &config);
    if (status != HAILO_SUCCESS) return status;
    memset(information, 0, sizeof *information);
    information->neural_network_core_clock_rate = 400000000;
    information->supported_features.pcie = true;
    information->supported_features.current_monitoring = config->power >= 0;
#if STUB_VERSION >= 50101
    information->supported_features.power_measurement = config->power >= 0;
#endif
    information->boot_source = 1;
    for (size_t i = 0; i < sizeof information->soc_id; i++) information->soc_id[i] = (uint8_t)i;
    return HAILO_SUCCESS;
}

API hailo_status hailo_get_extended_device_information(hailo_device device, hailo_extended_device_information_t *information)
{
    STUB_CALL(extended(&call, device, information));
}

static hailo_status device_id(struct call *call, hailo_device handle, hailo_device_id_t *id)
{
    const struct device *device = handle_get(call, handle, KIND_DEVICE);
    if (device == NULL || id == NULL) return HAILO_INVALID_ARGUMENT;
    memcpy(id->id, device->id, sizeof id->id);
    return stub_fault(call, NULL);
}

API hailo_status hailo_get_device_id(hailo_device device, hailo_device_id_t *id)
{
    STUB_CALL(device_id(&call, device, id));
}

static hailo_status temperature(struct call *call, hailo_device handle, hailo_chip_temperature_info_t *info)
{
    const struct device_config *config;
    if (info == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = control(call, handle, &config);
    if (status != HAILO_SUCCESS) return status;
    *info = (hailo_chip_temperature_info_t){ (float)config->temperature - 2, (float)config->temperature, 32 };
    return HAILO_SUCCESS;
}

API hailo_status hailo_get_chip_temperature(hailo_device device, hailo_chip_temperature_info_t *temp_info)
{
    STUB_CALL(temperature(&call, device, temp_info));
}

static hailo_status power(struct call *call, hailo_device handle, int32_t dvm, int32_t type, float *measurement)
{
    const struct device_config *config;
    if (measurement == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = control(call, handle, &config);
    if (status != HAILO_SUCCESS) return status;
    bool known = (dvm == ENUM_AUTO || (dvm >= 0 && dvm <= 9)) && (type == ENUM_AUTO || (type >= 0 && type <= 3));
    if (!known) return HAILO_INVALID_ARGUMENT;
    if (config->power < 0) return HAILO_UNSUPPORTED_OPCODE;
    if (type != ENUM_AUTO && type != 2) {
        stats_problem("only power is measured");
        return HAILO_UNSUPPORTED_OPCODE;
    }
    *measurement = (float)config->power;
    return HAILO_SUCCESS;
}

API hailo_status hailo_power_measurement(hailo_device device, int32_t dvm, int32_t measurement_type, float *measurement)
{
    STUB_CALL(power(&call, device, dvm, measurement_type, measurement));
}
