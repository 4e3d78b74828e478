/*
 * The structs of HailoRT that the binding reads or writes, declared from hailort-c-api §4 apart from the stub's own declarations. Prints their
 * sizes and offsets, and bytes of filled ones, as JSON: what a C compiler makes of them is what the binding must agree with.
 * Built with -DHRT=MMmmr (42300 is 4.23.0).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct { uint32_t major, minor, revision; } version_t;
typedef struct { char id[32]; } device_id_t;
typedef struct { int32_t type, order, flags; } format_t;
typedef struct { float qp_zp, qp_scale, limvals_min, limvals_max; } quant_info_t;
typedef struct { uint32_t height, width, features; } image_shape_t;
typedef struct { char name[128]; bool is_multi_context; } network_group_info_t;
typedef struct { float ts0, ts1; uint16_t sample_count; } temperature_t;

typedef struct {
    uint32_t device_count;
    device_id_t *device_ids;
    int32_t scheduling_algorithm;
    const char *group_id;
    bool multi_process_service;
} vdevice_params_t;

typedef struct {
    format_t user_buffer_format;
    uint32_t timeout_ms, queue_size;
    int32_t vstream_stats_flags, pipeline_elements_stats_flags;
} vstream_params_t;
typedef struct { char name[128]; vstream_params_t params; } vstream_params_by_name_t;

#if HRT < 42000
typedef struct { uint32_t number_of_classes, max_bboxes_per_class, max_accumulated_mask_size; } nms_shape_t;
#elif HRT < 42100
typedef struct {
    uint32_t number_of_classes;
    union { uint32_t max_bboxes_per_class, max_bboxes_total; };
    uint32_t max_accumulated_mask_size;
    int32_t order_type;
} nms_shape_t;
#else
typedef struct { uint32_t number_of_classes, max_bboxes_per_class, max_bboxes_total, max_accumulated_mask_size; } nms_shape_t;
#endif

typedef struct {
    char name[128], network_name[257];
    int32_t direction;
    format_t format;
    union { image_shape_t shape; nms_shape_t nms_shape; };
    quant_info_t quant_info;
} vstream_info_t;

typedef struct {
    uint32_t protocol_version;
    version_t fw_version;
    uint32_t logger_version;
    uint8_t board_name_length;
    char board_name[32];
    bool is_release, extended_context_switch_buffer;
#if HRT >= 50200
    bool extended_fw_check;
#endif
    int32_t device_architecture;
    uint8_t serial_number_length;
    char serial_number[16];
    uint8_t part_number_length;
    char part_number[16];
    uint8_t product_name_length;
    char product_name[42];
} identity_t;

typedef struct {
    bool ethernet, mipi, pcie, current_monitoring, mdio;
#if HRT >= 50101
    bool power_measurement;
#endif
} supported_features_t;
typedef struct {
    uint32_t neural_network_core_clock_rate;
    supported_features_t supported_features;
    int32_t boot_source;
    uint8_t soc_id[32], lcs, eth_mac[6], unit_level_tracking_id[12], soc_pm_values[24];
#if HRT >= 42100
    uint16_t gpio_mask;
#endif
} extended_information_t;

/* Only the size of what belongs to one stream is known, and matters. */
#if HRT < 50100
typedef struct { uint64_t opaque[10]; } stream_parameters_t;
#else
typedef struct { uint64_t opaque[2]; } stream_parameters_t;
#endif
typedef struct { char name[128]; stream_parameters_t params; } stream_parameters_by_name_t;
typedef struct { char name[257]; uint16_t batch_size; } network_parameters_by_name_t;
typedef struct {
    char name[128];
    uint16_t batch_size;
    int32_t power_mode, latency;
#if HRT >= 50200
    bool enable_kv_cache;
#endif
    size_t stream_params_by_name_count;
    stream_parameters_by_name_t stream_params_by_name[40];
    size_t network_params_by_name_count;
    network_parameters_by_name_t network_params_by_name[8];
} group_params_t;
typedef struct { size_t network_group_params_count; group_params_t network_group_params[8]; } configure_params_t;

typedef struct __attribute__((packed)) { float y_min, x_min, y_max, x_max, score; } bbox_float32_t;

/* The sheet's own numbers: the declarations above are only worth something if they give these. */
#define IS(expression, number) _Static_assert((expression) == (number), #expression)
IS(sizeof(version_t), 12);
IS(sizeof(device_id_t), 32);
IS(sizeof(format_t), 12);
IS(sizeof(quant_info_t), 16);
IS(sizeof(image_shape_t), 12);
IS(sizeof(network_group_info_t), 129);
IS(_Alignof(network_group_info_t), 1);
IS(sizeof(temperature_t), 12);
IS(sizeof(vdevice_params_t), 40);
IS(sizeof(vstream_params_t), 28);
IS(sizeof(vstream_params_by_name_t), 156);
IS(sizeof(nms_shape_t), HRT < 42000 ? 12 : 16);
IS(sizeof(vstream_info_t), HRT < 42000 ? 432 : 436);
IS(sizeof(identity_t), 140);
IS(sizeof(extended_information_t), HRT < 42100 ? 92 : 96);
IS(sizeof(stream_parameters_by_name_t), HRT < 50100 ? 208 : 144);
IS(sizeof(network_parameters_by_name_t), 260);
IS(offsetof(network_parameters_by_name_t, batch_size), 258);
IS(sizeof(group_params_t), HRT < 50100 ? 10560 : 8000);
IS(offsetof(group_params_t, network_params_by_name_count), HRT < 50100 ? 8472 : 5912);
IS(sizeof(configure_params_t), HRT < 50100 ? 84488 : 64008);
IS(sizeof(bbox_float32_t), 20);

static void size(const char *name, size_t bytes) { printf("\"%s\": %zu, ", name, bytes); }

static void sample(const char *name, const void *bytes, size_t length)
{
    printf("\"%s\": \"", name);
    for (size_t i = 0; i < length; i++) printf("%02x", ((const uint8_t *)bytes)[i]);
    printf("\", ");
}

/* Two in a row, the first one rubbish, so that strides are checked too. */
static void info(const char *name, int32_t direction, int32_t order)
{
    vstream_info_t infos[2];
    memset(infos, 0xa5, sizeof infos);
    vstream_info_t *one = &infos[1];
    strcpy(one->name, "net/layer");
    strcpy(one->network_name, "group/net");
    one->direction = direction;
    one->format = (format_t){ 3, order, 2 };
    if (order == 1) one->shape = (image_shape_t){ 11, 22, 33 };
    else {
        one->nms_shape.number_of_classes = 44;
        one->nms_shape.max_bboxes_per_class = 55;
    }
    one->quant_info = (quant_info_t){ 1.5f, 0.25f, -2.5f, 3.5f };
    sample(name, infos, sizeof infos);
}

static void samples(void)
{
    info("image", 0, 1);
    info("nms", 1, HRT < 42000 ? 9 : 22);
    identity_t identity;
    memset(&identity, 0xa5, sizeof identity);
    identity.fw_version = (version_t){ 4, 23, 7 };
    identity.board_name_length = 7;
    memcpy(identity.board_name, "Hailo-8", 7);
    identity.device_architecture = 2;
    identity.serial_number_length = 16;
    memcpy(identity.serial_number, "0123456789abcdef", 16);
    identity.part_number_length = 3;
    memcpy(identity.part_number, "P/N", 3);
    identity.product_name_length = 4;
    memcpy(identity.product_name, "M.2A", 4);
    sample("identity", &identity, sizeof identity);
    extended_information_t extended;
    memset(&extended, 0, sizeof extended);
    extended.neural_network_core_clock_rate = 400000000;
    extended.supported_features.current_monitoring = true;
    sample("currentMonitoring", &extended, sizeof extended);
    memset(&extended.supported_features, 0xff, sizeof extended.supported_features);
    extended.supported_features.current_monitoring = false;
#if HRT >= 50101
    extended.supported_features.power_measurement = false;
#endif
    sample("noMonitoring", &extended, sizeof extended);
    temperature_t temperature = { 41.5f, 43.25f, 3 };
    sample("temperature", &temperature, sizeof temperature);
    network_group_info_t groups[2] = { { "first", false }, { "second", true } };
    sample("groups", groups, sizeof groups);
    device_id_t ids[2] = { { "0000:01:00.0" }, { "0001:01:00.0" } };
    sample("ids", ids, sizeof ids);
    version_t version = { HRT / 10000, HRT / 100 % 100, HRT % 100 };
    sample("version", &version, sizeof version);
    bbox_float32_t box = { 0.125f, 0.25f, 0.5f, 0.75f, 0.875f };
    sample("box", &box, sizeof box);
}

#define OFFSET(type, field) printf("\"" #type "." #field "\": %zu, ", offsetof(type##_t, field))

int main(void)
{
    printf("{\"sizes\": {");
    size("version", sizeof(version_t));
    size("deviceId", sizeof(device_id_t));
    size("format", sizeof(format_t));
    size("quantisation", sizeof(quant_info_t));
    size("groupInfo", sizeof(network_group_info_t));
    size("temperature", sizeof(temperature_t));
    size("vdeviceParams", sizeof(vdevice_params_t));
    size("vstreamParams", sizeof(vstream_params_by_name_t));
    size("vstreamInfo", sizeof(vstream_info_t));
    size("identity", sizeof(identity_t));
    size("extendedInformation", sizeof(extended_information_t));
    size("groupParams", sizeof(group_params_t));
    size("configureParams", sizeof(configure_params_t));
    printf("\"pointer\": %zu}, \"offsets\": {", sizeof(void *));
    OFFSET(vstream_info, quant_info);
    OFFSET(vdevice_params, device_count);
    OFFSET(vdevice_params, device_ids);
    OFFSET(vdevice_params, scheduling_algorithm);
    OFFSET(vdevice_params, group_id);
    OFFSET(vdevice_params, multi_process_service);
    OFFSET(vstream_params_by_name, name);
    OFFSET(vstream_params_by_name, params.user_buffer_format.type);
    OFFSET(vstream_params_by_name, params.timeout_ms);
    OFFSET(vstream_params_by_name, params.queue_size);
    OFFSET(configure_params, network_group_params_count);
    OFFSET(configure_params, network_group_params);
    OFFSET(group_params, batch_size);
#if HRT >= 50101
    OFFSET(extended_information, supported_features.power_measurement);
#endif
    printf("\"end\": 0}, \"samples\": {");
    samples();
    printf("\"end\": \"\"}}\n");
    return 0;
}
