/* Between the caller's format and the network's own (hailort-c-api §6). */
#include <math.h>
#include <string.h>

#include "stub.h"

static float get(const void *data, int32_t type, size_t index)
{
    if (type == TYPE_UINT8) return ((const uint8_t *)data)[index];
    if (type == TYPE_UINT16) return ((const uint16_t *)data)[index];
    float value;
    memcpy(&value, (const uint8_t *)data + index * sizeof value, sizeof value);
    return value;
}

static void put(void *data, int32_t type, size_t index, float value)
{
    if (type == TYPE_UINT8) ((uint8_t *)data)[index] = (uint8_t)value;
    else if (type == TYPE_UINT16) ((uint16_t *)data)[index] = (uint16_t)value;
    else memcpy((uint8_t *)data + index * sizeof value, &value, sizeof value);
}

static float quantise(const struct tensor *tensor, float real)
{
    float most = tensor->type == TYPE_UINT8 ? 255 : 65535;
    float value = roundf(real / tensor->scale + tensor->zero_point);
    return !(value > 0) ? 0 : value > most ? most : value;
}

/* Where a value of an NHWC tensor lies in NCHW. */
static size_t planar(const struct tensor *tensor, size_t index)
{
    size_t feature = index % tensor->features, pixel = index / tensor->features;
    return feature * tensor->height * tensor->width + pixel;
}

void transform_input(const struct vstream *vstream, const void *user, void *native)
{
    const struct tensor *tensor = vstream->tensor;
    if (!has_transformation(tensor, &vstream->format)) {
        memcpy(native, user, vstream->size);
        return;
    }
    bool is_planar = vstream->format.order != tensor->order;
    bool quantises = vstream->format.type == TYPE_FLOAT32 && tensor->type != TYPE_FLOAT32;
    size_t count = (size_t)tensor->height * tensor->width * tensor->features;
    for (size_t i = 0; i < count; i++) {
        float value = get(user, vstream->format.type, is_planar ? planar(tensor, i) : i);
        put(native, tensor->type, i, quantises ? quantise(tensor, value) : value);
    }
}

void transform_output(const struct vstream *vstream, const void *native, void *user)
{
    const struct tensor *tensor = vstream->tensor;
    if (tensor->is_nms) {
        finish_nms(vstream, native, user);
        return;
    }
    if (!has_transformation(tensor, &vstream->format)) {
        memcpy(user, native, vstream->size);
        return;
    }
    bool is_planar = vstream->format.order != tensor->order;
    bool restores = vstream->format.type == TYPE_FLOAT32 && tensor->type != TYPE_FLOAT32;
    size_t count = (size_t)tensor->height * tensor->width * tensor->features;
    for (size_t i = 0; i < count; i++) {
        float value = get(native, tensor->type, i), zero_point = tensor->zero_point, scale = tensor->scale;
        if (tensor->channel_count > 0) {
            const struct channel *channel = &tensor->channels[i % tensor->features];
            zero_point = channel->zero_point;
            scale = channel->scale;
        }
        put(user, vstream->format.type, is_planar ? planar(tensor, i) : i, restores ? (value - zero_point) * scale : value);
    }
}
