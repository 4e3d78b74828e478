/* What a tensor looks like from outside: formats, frame sizes, infos and parameters (hailort-c-api §2, §4, §6, §7). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stub.h"

static size_t type_size(int32_t type)
{
    return type == TYPE_FLOAT32 ? 4 : type == TYPE_UINT16 ? 2 : 1;
}

void native_format(const struct tensor *tensor, hailo_format_t *format)
{
    *format = (hailo_format_t){ tensor->type, tensor->order, 0 };
}

static bool convertible(const struct tensor *tensor, int32_t type)
{
    if (type == tensor->type) return true;
    if (tensor->is_nms || type < TYPE_UINT8 || type > TYPE_FLOAT32) return false;
    /* Floats are quantised on the way in and de-quantised on the way out; integers only grow. */
    if (type == TYPE_FLOAT32) return true;
    return tensor->is_input ? type == TYPE_UINT8 && tensor->type == TYPE_UINT16
                            : type == TYPE_UINT16 && tensor->type == TYPE_UINT8;
}

static hailo_status check_order(const struct tensor *tensor, int32_t order)
{
    if (order == ORDER_NMS_BY_SCORE) return HAILO_NOT_SUPPORTED;
    if (order == ORDER_AUTO || order == tensor->order) return HAILO_SUCCESS;
    if (tensor->is_nms) {
        return order == ORDER_NMS_BY_CLASS || order == ORDER_NMS ? HAILO_SUCCESS : HAILO_NOT_SUPPORTED;
    }
    return tensor->order == ORDER_NHWC && order == ORDER_NCHW ? HAILO_SUCCESS : HAILO_INVALID_ARGUMENT;
}

hailo_status resolve_format(const struct tensor *tensor, const hailo_format_t *wish, hailo_format_t *result)
{
    native_format(tensor, result);
    hailo_status status = check_order(tensor, wish->order);
    if (status != HAILO_SUCCESS) return status;
    if (wish->type != TYPE_AUTO) result->type = wish->type;
    if (wish->order != ORDER_AUTO && !tensor->is_nms) result->order = wish->order;
    return convertible(tensor, result->type) ? HAILO_SUCCESS : HAILO_INVALID_ARGUMENT;
}

bool has_transformation(const struct tensor *tensor, const hailo_format_t *user)
{
    return tensor->is_nms || user->type != tensor->type || user->order != tensor->order;
}

static size_t shape_size(size_t height, size_t width, size_t features, const hailo_format_t *format)
{
    size_t row = width * features * type_size(format->type);
    if (format->order == ORDER_RGB4) row = (row + 3) / 4 * 4;
    return height * row;
}

size_t frame_size(const struct tensor *tensor, const hailo_format_t *format, uint32_t max_per_class)
{
    if (tensor->is_nms) return (size_t)tensor->classes * (1 + 5 * (size_t)max_per_class) * type_size(format->type);
    return shape_size(tensor->height, tensor->width, tensor->features, format);
}

size_t native_size(const struct tensor *tensor)
{
    hailo_format_t format;
    native_format(tensor, &format);
    return frame_size(tensor, &format, tensor->max_per_class);
}

static void fill_nms_shape(const struct tensor *tensor, hailo_nms_shape_t *shape)
{
    shape->number_of_classes = tensor->classes;
    shape->max_bboxes_per_class = tensor->max_per_class;
    shape->max_accumulated_mask_size = 0;
#if STUB_VERSION >= 42100
    shape->max_bboxes_total = tensor->classes * tensor->max_per_class;
#elif STUB_VERSION >= 42000
    shape->order_type = 1;
#endif
}

static hailo_quant_info_t quantisation(float zero_point, float scale)
{
    return (hailo_quant_info_t){ zero_point, scale, (0 - zero_point) * scale, (255 - zero_point) * scale };
}

void fill_info(const struct description *description, const struct tensor *tensor, hailo_vstream_info_t *info)
{
    memset(info, 0, sizeof *info);
    snprintf(info->name, sizeof info->name, "%s", tensor->name);
    snprintf(info->network_name, sizeof info->network_name, "%s/%s", description->group, description->network);
    info->direction = tensor->is_input ? 0 : 1;
    native_format(tensor, &info->format);
    if (tensor->is_nms) {
        fill_nms_shape(tensor, &info->nms_shape);
        info->quant_info = (hailo_quant_info_t){ 0, 1, 0, 0 };
        return;
    }
    info->shape = (hailo_3d_image_shape_t){ tensor->height, tensor->width, tensor->features };
    if (tensor->channel_count == 0) info->quant_info = quantisation(tensor->zero_point, tensor->scale);
}

hailo_status copy_quantisations(const struct tensor *tensor, hailo_quant_info_t *infos, size_t *count)
{
    if (infos == NULL || count == NULL) return HAILO_INVALID_ARGUMENT;
    size_t needed = tensor->channel_count > 0 ? tensor->channel_count : 1, room = *count;
    *count = needed;
    if (room < needed) return HAILO_INSUFFICIENT_BUFFER;
    if (tensor->is_nms) infos[0] = (hailo_quant_info_t){ 0, 1, 0, 0 };
    else if (tensor->channel_count == 0) infos[0] = quantisation(tensor->zero_point, tensor->scale);
    for (size_t i = 0; i < tensor->channel_count; i++) {
        infos[i] = quantisation(tensor->channels[i].zero_point, tensor->channels[i].scale);
    }
    return HAILO_SUCCESS;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const vstream_params_by_name_t *)a)->name, ((const vstream_params_by_name_t *)b)->name);
}

hailo_status fill_params(const struct description *description, bool inputs, int32_t type,
                         vstream_params_by_name_t *params, size_t *count)
{
    if (params == NULL || count == NULL) return HAILO_INVALID_ARGUMENT;
    size_t needed = inputs ? description->input_count : description->output_count, room = *count;
    const struct tensor *tensors = description->tensors + (inputs ? 0 : description->input_count);
    *count = needed;
    if (room < needed) return HAILO_INSUFFICIENT_BUFFER;
    for (size_t i = 0; i < needed; i++) {
        memset(&params[i], 0, sizeof params[i]);
        snprintf(params[i].name, sizeof params[i].name, "%s", tensors[i].name);
        params[i].params.user_buffer_format.type = type;
        params[i].params.timeout_ms = 10000;
        params[i].params.queue_size = 2;
    }
    qsort(params, needed, sizeof *params, by_name);
    return HAILO_SUCCESS;
}

bool names_group(const struct description *description, const char *name)
{
    if (name == NULL || strcmp(name, description->group) == 0) return true;
    char full[MAX_NETWORK_NAME];
    snprintf(full, sizeof full, "%s/%s", description->group, description->network);
    return strcmp(name, full) == 0;
}

static hailo_status size_of_info(struct call *call, const hailo_vstream_info_t *info, const hailo_format_t *user, size_t *size)
{
    if (info == NULL || user == NULL || size == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_format_t format = *user;
    if (format.type == TYPE_AUTO) format.type = info->format.type;
    if (format.order == ORDER_AUTO) format.order = info->format.order;
    size_t classes = info->nms_shape.number_of_classes, each = info->nms_shape.max_bboxes_per_class;
    size_t total = classes * each;
#if STUB_VERSION >= 42100
    total = info->nms_shape.max_bboxes_total;
#endif
    switch (format.order) {
    case ORDER_NMS:
    case ORDER_NMS_BY_CLASS:
        *size = classes * (1 + 5 * each) * type_size(format.type);
        break;
    case ORDER_NMS_BY_SCORE:
        *size = 2 + sizeof(hailo_detection_t) * total;
        break;
    case ORDER_NMS_BYTE_MASK:
        *size = 2 + sizeof(hailo_detection_with_byte_mask_t) * total + info->nms_shape.max_accumulated_mask_size;
        break;
    default:
        *size = shape_size(info->shape.height, info->shape.width, info->shape.features, &format);
    }
    return stub_fault(call, NULL);
}

API hailo_status hailo_get_vstream_frame_size(hailo_vstream_info_t *info, hailo_format_t *user, size_t *size)
{
    STUB_CALL(size_of_info(&call, info, user, size));
}
