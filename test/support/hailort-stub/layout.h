/*
 * The structures of the C interface as the version at hand lays them out, every size and offset of hailort-c-api §4 asserted.
 * Declared from the sheet's tables, not from HailoRT's header.
 */
#ifndef STUB_LAYOUT_H
#define STUB_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)
#define AT(type, field, bytes) _Static_assert(offsetof(type, field) == (bytes), #type "." #field)
#define ALIGNMENT(type, bytes) _Static_assert(_Alignof(type) == (bytes), #type)

typedef struct opaque_device *hailo_device;
typedef struct opaque_vdevice *hailo_vdevice;
typedef struct opaque_hef *hailo_hef;
typedef struct opaque_group *hailo_configured_network_group;
typedef struct opaque_activation *hailo_activated_network_group;
typedef struct opaque_input *hailo_input_vstream;
typedef struct opaque_output *hailo_output_vstream;

#define HAILO_INFINITE 0xFFFFFFFFu
#define MAX_NAME 128
#define MAX_NETWORK_NAME 257
#define MAX_STREAMS 40
#define MAX_GROUPS 8

/* §3 */
enum { TYPE_AUTO, TYPE_UINT8, TYPE_UINT16, TYPE_FLOAT32 };
enum {
    ORDER_AUTO = 0,
    ORDER_NHWC = 1,
    ORDER_NMS = 9,
    ORDER_NCHW = 11,
    ORDER_RGB4 = 17,
    ORDER_NMS_BYTE_MASK = 20,
    ORDER_NMS_BY_CLASS = 22,
    ORDER_NMS_BY_SCORE = 23,
};
enum { SCHEDULING_NONE, SCHEDULING_ROUND_ROBIN };
enum { ARCHITECTURE_HAILO8_A0, ARCHITECTURE_HAILO8, ARCHITECTURE_HAILO8L, ARCHITECTURE_HAILO10H = 6 };
#define ENUM_AUTO 0x7FFFFFFF

/* §4.1 */
typedef struct {
    uint32_t major, minor, revision;
} hailo_version_t;
SIZE(hailo_version_t, 12);
AT(hailo_version_t, minor, 4);
AT(hailo_version_t, revision, 8);

typedef struct {
    char id[32];
} hailo_device_id_t;
SIZE(hailo_device_id_t, 32);

typedef struct {
    int32_t type, order, flags;
} hailo_format_t;
SIZE(hailo_format_t, 12);
AT(hailo_format_t, order, 4);
AT(hailo_format_t, flags, 8);

typedef struct {
    float qp_zp, qp_scale, limvals_min, limvals_max;
} hailo_quant_info_t;
SIZE(hailo_quant_info_t, 16);
AT(hailo_quant_info_t, qp_scale, 4);
AT(hailo_quant_info_t, limvals_min, 8);
AT(hailo_quant_info_t, limvals_max, 12);

typedef struct {
    uint32_t height, width, features;
} hailo_3d_image_shape_t;
SIZE(hailo_3d_image_shape_t, 12);
AT(hailo_3d_image_shape_t, width, 4);
AT(hailo_3d_image_shape_t, features, 8);

typedef struct {
    char name[MAX_NAME];
    bool is_multi_context;
} hailo_network_group_info_t;
SIZE(hailo_network_group_info_t, 129);
ALIGNMENT(hailo_network_group_info_t, 1);
AT(hailo_network_group_info_t, is_multi_context, 128);

typedef struct {
    char name[MAX_NETWORK_NAME];
} hailo_network_info_t;
SIZE(hailo_network_info_t, 257);
ALIGNMENT(hailo_network_info_t, 1);

typedef struct {
    char name[MAX_NAME];
} hailo_layer_name_t;
SIZE(hailo_layer_name_t, 128);
ALIGNMENT(hailo_layer_name_t, 1);

typedef struct {
    float ts0_temperature, ts1_temperature;
    uint16_t sample_count;
} hailo_chip_temperature_info_t;
SIZE(hailo_chip_temperature_info_t, 12);
AT(hailo_chip_temperature_info_t, ts1_temperature, 4);
AT(hailo_chip_temperature_info_t, sample_count, 8);

/* Not served by any function here; the sheet's numbers are checked all the same, for the day that one is. */
typedef struct {
    void *buffer;
    size_t size;
} hailo_stream_raw_buffer_t;
SIZE(hailo_stream_raw_buffer_t, 16);
AT(hailo_stream_raw_buffer_t, size, 8);

typedef struct {
    char name[MAX_NAME];
    hailo_stream_raw_buffer_t raw_buffer;
} hailo_stream_raw_buffer_by_name_t;
SIZE(hailo_stream_raw_buffer_by_name_t, 144);
AT(hailo_stream_raw_buffer_by_name_t, raw_buffer, 128);

typedef struct {
    float average_value, average_time_value_milliseconds, min_value, max_value;
    uint32_t total_number_of_samples;
} hailo_power_measurement_data_t;
SIZE(hailo_power_measurement_data_t, 20);
AT(hailo_power_measurement_data_t, average_time_value_milliseconds, 4);
AT(hailo_power_measurement_data_t, min_value, 8);
AT(hailo_power_measurement_data_t, max_value, 12);
AT(hailo_power_measurement_data_t, total_number_of_samples, 16);

typedef struct {
    int32_t flags;
} hailo_buffer_parameters_t;
SIZE(hailo_buffer_parameters_t, 4);

/* §4.2 */
typedef struct {
    uint32_t device_count;
    hailo_device_id_t *device_ids;
    int32_t scheduling_algorithm;
    const char *group_id;
    bool multi_process_service;
} hailo_vdevice_params_t;
SIZE(hailo_vdevice_params_t, 40);
AT(hailo_vdevice_params_t, device_ids, 8);
AT(hailo_vdevice_params_t, scheduling_algorithm, 16);
AT(hailo_vdevice_params_t, group_id, 24);
AT(hailo_vdevice_params_t, multi_process_service, 32);

/* §4.3 */
typedef struct {
    hailo_format_t user_buffer_format;
    uint32_t timeout_ms, queue_size;
    int32_t vstream_stats_flags, pipeline_elements_stats_flags;
} hailo_vstream_params_t;
SIZE(hailo_vstream_params_t, 28);

typedef struct {
    char name[MAX_NAME];
    hailo_vstream_params_t params;
} vstream_params_by_name_t;
typedef vstream_params_by_name_t hailo_input_vstream_params_by_name_t;
typedef vstream_params_by_name_t hailo_output_vstream_params_by_name_t;
SIZE(vstream_params_by_name_t, 156);
AT(vstream_params_by_name_t, params.user_buffer_format.type, 128);
AT(vstream_params_by_name_t, params.user_buffer_format.order, 132);
AT(vstream_params_by_name_t, params.user_buffer_format.flags, 136);
AT(vstream_params_by_name_t, params.timeout_ms, 140);
AT(vstream_params_by_name_t, params.queue_size, 144);
AT(vstream_params_by_name_t, params.vstream_stats_flags, 148);
AT(vstream_params_by_name_t, params.pipeline_elements_stats_flags, 152);

/* §4.5: the words after the second change their meaning with the version. */
typedef struct {
    uint32_t number_of_classes;
    uint32_t max_bboxes_per_class;
#if STUB_VERSION >= 42100
    uint32_t max_bboxes_total;
    uint32_t max_accumulated_mask_size;
#elif STUB_VERSION >= 42000
    uint32_t max_accumulated_mask_size;
    int32_t order_type;
#else
    uint32_t max_accumulated_mask_size;
#endif
} hailo_nms_shape_t;
AT(hailo_nms_shape_t, max_bboxes_per_class, 4);
#if STUB_VERSION >= 42100
SIZE(hailo_nms_shape_t, 16);
AT(hailo_nms_shape_t, max_bboxes_total, 8);
AT(hailo_nms_shape_t, max_accumulated_mask_size, 12);
#elif STUB_VERSION >= 42000
SIZE(hailo_nms_shape_t, 16);
AT(hailo_nms_shape_t, max_accumulated_mask_size, 8);
AT(hailo_nms_shape_t, order_type, 12);
#else
SIZE(hailo_nms_shape_t, 12);
AT(hailo_nms_shape_t, max_accumulated_mask_size, 8);
#endif

/* §4.4 */
typedef struct {
    char name[MAX_NAME];
    char network_name[MAX_NETWORK_NAME];
    int32_t direction;
    hailo_format_t format;
    union {
        hailo_3d_image_shape_t shape;
        hailo_nms_shape_t nms_shape;
    };
    hailo_quant_info_t quant_info;
} hailo_vstream_info_t;
AT(hailo_vstream_info_t, network_name, 128);
AT(hailo_vstream_info_t, direction, 388);
AT(hailo_vstream_info_t, format.type, 392);
AT(hailo_vstream_info_t, format.order, 396);
AT(hailo_vstream_info_t, format.flags, 400);
AT(hailo_vstream_info_t, shape, 404);
AT(hailo_vstream_info_t, nms_shape, 404);
#if STUB_VERSION >= 42000
SIZE(hailo_vstream_info_t, 436);
AT(hailo_vstream_info_t, quant_info, 420);
#else
SIZE(hailo_vstream_info_t, 432);
AT(hailo_vstream_info_t, quant_info, 416);
#endif

/* §4.6 */
typedef struct {
    uint32_t protocol_version;
    hailo_version_t fw_version;
    uint32_t logger_version;
    uint8_t board_name_length;
    char board_name[32];
    bool is_release;
    bool extended_context_switch_buffer;
#if STUB_VERSION >= 50200
    bool extended_fw_check;
#endif
    int32_t device_architecture;
    uint8_t serial_number_length;
    char serial_number[16];
    uint8_t part_number_length;
    char part_number[16];
    uint8_t product_name_length;
    char product_name[42];
} hailo_device_identity_t;
SIZE(hailo_device_identity_t, 140);
AT(hailo_device_identity_t, fw_version, 4);
AT(hailo_device_identity_t, logger_version, 16);
AT(hailo_device_identity_t, board_name_length, 20);
AT(hailo_device_identity_t, board_name, 21);
AT(hailo_device_identity_t, is_release, 53);
AT(hailo_device_identity_t, extended_context_switch_buffer, 54);
AT(hailo_device_identity_t, device_architecture, 56);
AT(hailo_device_identity_t, serial_number_length, 60);
AT(hailo_device_identity_t, serial_number, 61);
AT(hailo_device_identity_t, part_number_length, 77);
AT(hailo_device_identity_t, part_number, 78);
AT(hailo_device_identity_t, product_name_length, 94);
AT(hailo_device_identity_t, product_name, 95);
#if STUB_VERSION >= 50200
AT(hailo_device_identity_t, extended_fw_check, 55);
#endif

typedef struct {
    uint32_t neural_network_core_clock_rate;
    struct {
        bool ethernet, mipi, pcie, current_monitoring, mdio;
#if STUB_VERSION >= 50101
        bool power_measurement;
#endif
    } supported_features;
    int32_t boot_source;
    uint8_t soc_id[32];
    uint8_t lcs;
    uint8_t eth_mac_address[6];
    uint8_t unit_level_tracking_id[12];
    uint8_t soc_pm_values[24];
#if STUB_VERSION >= 42100
    uint16_t gpio_mask;
#endif
} hailo_extended_device_information_t;
AT(hailo_extended_device_information_t, supported_features.ethernet, 4);
AT(hailo_extended_device_information_t, supported_features.mipi, 5);
AT(hailo_extended_device_information_t, supported_features.pcie, 6);
AT(hailo_extended_device_information_t, supported_features.current_monitoring, 7);
AT(hailo_extended_device_information_t, supported_features.mdio, 8);
AT(hailo_extended_device_information_t, boot_source, 12);
AT(hailo_extended_device_information_t, soc_id, 16);
AT(hailo_extended_device_information_t, lcs, 48);
AT(hailo_extended_device_information_t, eth_mac_address, 49);
AT(hailo_extended_device_information_t, unit_level_tracking_id, 55);
AT(hailo_extended_device_information_t, soc_pm_values, 67);
#if STUB_VERSION >= 50101
AT(hailo_extended_device_information_t, supported_features.power_measurement, 9);
#endif
#if STUB_VERSION >= 42100
SIZE(hailo_extended_device_information_t, 96);
AT(hailo_extended_device_information_t, gpio_mask, 92);
#else
SIZE(hailo_extended_device_information_t, 92);
#endif

/* §4.7 */
#pragma pack(push, 1)
typedef struct {
    float y_min, x_min, y_max, x_max, score;
} hailo_bbox_float32_t;
typedef struct {
    uint16_t y_min, x_min, y_max, x_max, score;
} hailo_bbox_t;
typedef struct {
    hailo_bbox_float32_t box;
    uint16_t class_id;
} hailo_detection_t;
typedef struct {
    hailo_bbox_float32_t box;
    uint16_t class_id;
    uint64_t mask_size;
    uint8_t *mask;
#if STUB_VERSION >= 50200
    uint64_t mask_offset;
#endif
} hailo_detection_with_byte_mask_t;
#pragma pack(pop)
SIZE(hailo_bbox_float32_t, 20);
AT(hailo_bbox_float32_t, x_min, 4);
AT(hailo_bbox_float32_t, y_max, 8);
AT(hailo_bbox_float32_t, x_max, 12);
AT(hailo_bbox_float32_t, score, 16);
SIZE(hailo_bbox_t, 10);
SIZE(hailo_detection_t, 22);
AT(hailo_detection_t, class_id, 20);
AT(hailo_detection_with_byte_mask_t, mask_size, 22);
AT(hailo_detection_with_byte_mask_t, mask, 30);
#if STUB_VERSION >= 50200
SIZE(hailo_detection_with_byte_mask_t, 46);
AT(hailo_detection_with_byte_mask_t, mask_offset, 38);
#else
SIZE(hailo_detection_with_byte_mask_t, 38);
#endif

/* §4.8 */
typedef struct {
#if STUB_VERSION >= 50100
    uint64_t opaque[2];
#else
    uint64_t opaque[10];
#endif
} hailo_stream_parameters_t;

typedef struct {
    char name[MAX_NAME];
    hailo_stream_parameters_t stream_params;
} hailo_stream_parameters_by_name_t;

typedef struct {
    char name[MAX_NETWORK_NAME];
    struct {
        uint16_t batch_size;
    } network_params;
} hailo_network_parameters_by_name_t;
SIZE(hailo_network_parameters_by_name_t, 260);
AT(hailo_network_parameters_by_name_t, network_params, 258);

typedef struct {
    char name[MAX_NAME];
    uint16_t batch_size;
    int32_t power_mode, latency;
#if STUB_VERSION >= 50200
    bool enable_kv_cache;
#endif
    size_t stream_params_by_name_count;
    hailo_stream_parameters_by_name_t stream_params_by_name[MAX_STREAMS];
    size_t network_params_by_name_count;
    hailo_network_parameters_by_name_t network_params_by_name[8];
} hailo_configure_network_group_params_t;
AT(hailo_configure_network_group_params_t, batch_size, 128);
AT(hailo_configure_network_group_params_t, power_mode, 132);
AT(hailo_configure_network_group_params_t, latency, 136);
AT(hailo_configure_network_group_params_t, stream_params_by_name_count, 144);
AT(hailo_configure_network_group_params_t, stream_params_by_name, 152);

typedef struct {
    size_t network_group_params_count;
    hailo_configure_network_group_params_t network_group_params[MAX_GROUPS];
} hailo_configure_params_t;
AT(hailo_configure_params_t, network_group_params, 8);
AT(hailo_configure_params_t, network_group_params[0].batch_size, 136);
AT(hailo_configure_params_t, network_group_params[0].power_mode, 140);
#if STUB_VERSION >= 50200
AT(hailo_configure_network_group_params_t, enable_kv_cache, 140);
#endif
#if STUB_VERSION >= 50100
SIZE(hailo_stream_parameters_t, 16);
SIZE(hailo_stream_parameters_by_name_t, 144);
SIZE(hailo_configure_network_group_params_t, 8000);
AT(hailo_configure_network_group_params_t, network_params_by_name_count, 5912);
AT(hailo_configure_network_group_params_t, network_params_by_name, 5920);
SIZE(hailo_configure_params_t, 64008);
#else
SIZE(hailo_stream_parameters_t, 80);
SIZE(hailo_stream_parameters_by_name_t, 208);
SIZE(hailo_configure_network_group_params_t, 10560);
AT(hailo_configure_network_group_params_t, network_params_by_name_count, 8472);
AT(hailo_configure_network_group_params_t, network_params_by_name, 8480);
SIZE(hailo_configure_params_t, 84488);
#endif

#endif
