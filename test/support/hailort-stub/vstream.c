/* Vstreams: creation, what they tell, settings, release (hailort-c-api §2, §6, §7). */
#include <stdlib.h>
#include <string.h>

#include "stub.h"

static enum kind kind_of(bool inputs)
{
    return inputs ? KIND_INPUT : KIND_OUTPUT;
}

static struct vstream **place_of(struct group *group, bool inputs, uint32_t index)
{
    return inputs ? &group->inputs[index] : &group->outputs[index];
}

static const struct tensor *find_tensor(const struct group *group, bool inputs, const char *name, uint32_t *index)
{
    const struct description *description = group->description;
    uint32_t count = inputs ? description->input_count : description->output_count;
    const struct tensor *tensors = description->tensors + (inputs ? 0 : description->input_count);
    for (*index = 0; *index < count; ++*index) {
        if (strncmp(tensors[*index].name, name, MAX_NAME) == 0) return &tensors[*index];
    }
    return NULL;
}

static hailo_status open_one(struct group *group, bool inputs, const vstream_params_by_name_t *params, bool check_only)
{
    uint32_t index;
    const struct tensor *tensor = find_tensor(group, inputs, params->name, &index);
    if (tensor == NULL) return HAILO_NOT_FOUND;
    if (*place_of(group, inputs, index) != NULL) return HAILO_INVALID_OPERATION;
    hailo_format_t format;
    hailo_status status = resolve_format(tensor, &params->params.user_buffer_format, &format);
    if (status == HAILO_SUCCESS && params->params.queue_size == 0) status = HAILO_INVALID_ARGUMENT;
    if (status != HAILO_SUCCESS || check_only) return status;
    struct vstream *vstream = calloc(1, sizeof *vstream);
    if (vstream == NULL) return HAILO_OUT_OF_HOST_MEMORY;
    *vstream = (struct vstream){ .group = group, .tensor = tensor, .index = index, .is_input = inputs, .format = format,
                                 .timeout_ms = params->params.timeout_ms, .queue_size = params->params.queue_size,
                                 .max_per_class = tensor->max_per_class, .iou_threshold = 2 };
    vstream->size = frame_size(tensor, &format, tensor->max_per_class);
    stub_cond_init(&vstream->changed);
    vstream->handle = handle_new(kind_of(inputs), vstream, false);
    *place_of(group, inputs, index) = vstream;
    while (!inputs && group->pending[index].count > 0) queue_push(&vstream->queue, queue_pop(&group->pending[index]));
    return HAILO_SUCCESS;
}

static int by_name(const void *a, const void *b)
{
    const vstream_params_by_name_t *const *left = a, *const *right = b;
    return strncmp((*left)->name, (*right)->name, MAX_NAME);
}

static hailo_status open_all(struct group *group, bool inputs, const vstream_params_by_name_t *params, size_t count, void **result)
{
    const vstream_params_by_name_t *sorted[MAX_STREAMS];
    if (count > MAX_STREAMS) return HAILO_INVALID_ARGUMENT;
    for (size_t i = 0; i < count; i++) sorted[i] = &params[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strncmp(sorted[i]->name, sorted[i - 1]->name, MAX_NAME) == 0) return HAILO_INVALID_ARGUMENT;
        hailo_status status = open_one(group, inputs, sorted[i], true);
        if (status != HAILO_SUCCESS) return status;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t index;
        hailo_status status = open_one(group, inputs, sorted[i], false);
        if (status != HAILO_SUCCESS) return status;
        find_tensor(group, inputs, sorted[i]->name, &index);
        result[i] = (*place_of(group, inputs, index))->handle;
    }
    return HAILO_SUCCESS;
}

static hailo_status create(struct call *call, hailo_configured_network_group handle, bool inputs,
                           const vstream_params_by_name_t *params, size_t count, void **result)
{
    struct group *group = handle_get(call, handle, KIND_GROUP);
    if (group == NULL || params == NULL || count == 0 || result == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, group->description->network);
    if (status != HAILO_SUCCESS) return status;
    if (group->dead) return HAILO_STREAM_ABORT;
    if (group->vdevice->lost) return HAILO_DRIVER_OPERATION_FAILED;
    struct vdevice *vdevice = group->vdevice;
    setup_begin(call, vdevice);
    status = group->dead ? HAILO_STREAM_ABORT : open_all(group, inputs, params, count, result);
    setup_end(vdevice);
    return status;
}

API hailo_status hailo_create_input_vstreams(hailo_configured_network_group group, const vstream_params_by_name_t *params,
                                             size_t inputs_count, hailo_input_vstream *input_vstreams)
{
    STUB_CALL(create(&call, group, true, params, inputs_count, (void **)input_vstreams));
}

API hailo_status hailo_create_output_vstreams(hailo_configured_network_group group, const vstream_params_by_name_t *params,
                                              size_t outputs_count, hailo_output_vstream *output_vstreams)
{
    STUB_CALL(create(&call, group, false, params, outputs_count, (void **)output_vstreams));
}

static hailo_status make_params(struct call *call, hailo_configured_network_group handle, bool inputs, int32_t type,
                                vstream_params_by_name_t *params, size_t *count)
{
    const struct group *group = handle_get(call, handle, KIND_GROUP);
    if (group == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, group->description->network);
    return status != HAILO_SUCCESS ? status : fill_params(group->description, inputs, type, params, count);
}

API hailo_status hailo_make_input_vstream_params(hailo_configured_network_group group, bool unused, int32_t format_type,
                                                 vstream_params_by_name_t *input_params, size_t *input_params_count)
{
    (void)unused;
    STUB_CALL(make_params(&call, group, true, format_type, input_params, input_params_count));
}

API hailo_status hailo_make_output_vstream_params(hailo_configured_network_group group, bool unused, int32_t format_type,
                                                  vstream_params_by_name_t *output_params, size_t *output_params_count)
{
    (void)unused;
    STUB_CALL(make_params(&call, group, false, format_type, output_params, output_params_count));
}

/* --- what a vstream tells --- */

static hailo_status open_vstream(struct call *call, const void *handle, enum kind kind, const void *result, struct vstream **vstream)
{
    *vstream = handle_get(call, handle, kind);
    if (*vstream == NULL || result == NULL) return HAILO_INVALID_ARGUMENT;
    return stub_fault(call, (*vstream)->group->description->network);
}

static hailo_status get_size(struct call *call, const void *handle, enum kind kind, size_t *size)
{
    struct vstream *vstream;
    hailo_status status = open_vstream(call, handle, kind, size, &vstream);
    if (status == HAILO_SUCCESS) *size = vstream->size;
    return status;
}

static hailo_status get_info(struct call *call, const void *handle, enum kind kind, hailo_vstream_info_t *info)
{
    struct vstream *vstream;
    hailo_status status = open_vstream(call, handle, kind, info, &vstream);
    if (status != HAILO_SUCCESS) return status;
    struct tensor tensor = *vstream->tensor;
    tensor.max_per_class = vstream->max_per_class;
    fill_info(vstream->group->description, &tensor, info);
    return HAILO_SUCCESS;
}

static hailo_status get_format(struct call *call, const void *handle, enum kind kind, hailo_format_t *format)
{
    struct vstream *vstream;
    hailo_status status = open_vstream(call, handle, kind, format, &vstream);
    if (status == HAILO_SUCCESS) *format = vstream->format;
    return status;
}

static hailo_status get_quantisations(struct call *call, const void *handle, enum kind kind, hailo_quant_info_t *infos, size_t *count)
{
    struct vstream *vstream;
    hailo_status status = open_vstream(call, handle, kind, infos, &vstream);
    return status != HAILO_SUCCESS ? status : copy_quantisations(vstream->tensor, infos, count);
}

API hailo_status hailo_get_input_vstream_frame_size(hailo_input_vstream vstream, size_t *size)
{
    STUB_CALL(get_size(&call, vstream, KIND_INPUT, size));
}

API hailo_status hailo_get_output_vstream_frame_size(hailo_output_vstream vstream, size_t *size)
{
    STUB_CALL(get_size(&call, vstream, KIND_OUTPUT, size));
}

API hailo_status hailo_get_input_vstream_info(hailo_input_vstream vstream, hailo_vstream_info_t *info)
{
    STUB_CALL(get_info(&call, vstream, KIND_INPUT, info));
}

API hailo_status hailo_get_output_vstream_info(hailo_output_vstream vstream, hailo_vstream_info_t *info)
{
    STUB_CALL(get_info(&call, vstream, KIND_OUTPUT, info));
}

API hailo_status hailo_get_input_vstream_user_format(hailo_input_vstream vstream, hailo_format_t *format)
{
    STUB_CALL(get_format(&call, vstream, KIND_INPUT, format));
}

API hailo_status hailo_get_output_vstream_user_format(hailo_output_vstream vstream, hailo_format_t *format)
{
    STUB_CALL(get_format(&call, vstream, KIND_OUTPUT, format));
}

API hailo_status hailo_get_input_vstream_quant_infos(hailo_input_vstream vstream, hailo_quant_info_t *infos, size_t *count)
{
    STUB_CALL(get_quantisations(&call, vstream, KIND_INPUT, infos, count));
}

API hailo_status hailo_get_output_vstream_quant_infos(hailo_output_vstream vstream, hailo_quant_info_t *infos, size_t *count)
{
    STUB_CALL(get_quantisations(&call, vstream, KIND_OUTPUT, infos, count));
}

/* --- NMS settings --- */

static hailo_status open_nms(struct call *call, hailo_output_vstream handle, struct vstream **vstream)
{
    hailo_status status = open_vstream(call, handle, KIND_OUTPUT, handle, vstream);
    if (status != HAILO_SUCCESS) return status;
    if (!(*vstream)->tensor->is_nms) return HAILO_INVALID_OPERATION;
    if ((*vstream)->used) stats_misuse(call->function, "NMS is set after the first frame");
    return HAILO_SUCCESS;
}

static hailo_status set_score(struct call *call, hailo_output_vstream handle, float threshold)
{
    struct vstream *vstream;
    hailo_status status = open_nms(call, handle, &vstream);
    if (status == HAILO_SUCCESS) vstream->score_threshold = threshold;
    return status;
}

API hailo_status hailo_vstream_set_nms_score_threshold(hailo_output_vstream vstream, float threshold)
{
    STUB_CALL(set_score(&call, vstream, threshold));
}

static hailo_status set_iou(struct call *call, hailo_output_vstream handle, float threshold)
{
    struct vstream *vstream;
    hailo_status status = open_nms(call, handle, &vstream);
    if (status == HAILO_SUCCESS) vstream->iou_threshold = threshold;
    return status;
}

API hailo_status hailo_vstream_set_nms_iou_threshold(hailo_output_vstream vstream, float threshold)
{
    STUB_CALL(set_iou(&call, vstream, threshold));
}

static hailo_status set_most(struct call *call, hailo_output_vstream handle, uint32_t most)
{
    struct vstream *vstream;
    hailo_status status = open_nms(call, handle, &vstream);
    if (status != HAILO_SUCCESS) return status;
    vstream->max_per_class = most;
    vstream->size = frame_size(vstream->tensor, &vstream->format, most);
    return HAILO_SUCCESS;
}

API hailo_status hailo_vstream_set_nms_max_proposals_per_class(hailo_output_vstream vstream, uint32_t max_proposals_per_class)
{
    STUB_CALL(set_most(&call, vstream, max_proposals_per_class));
}

/* --- release --- */

/* The library flushes: so long per frame as a write may take. */
static void wait_until_taken(struct vstream *input)
{
    const struct group *group = input->group;
    int64_t deadline = stub_deadline(input->timeout_ms);
    if (deadline != NEVER && input->queue.count > 1) deadline += (int64_t)(input->queue.count - 1) * input->timeout_ms * 1000000;
    vdevice_wake(group->vdevice);
    while (input->queue.count > 0 && !group->dead && !group->vdevice->lost && stub_now() < deadline) {
        stub_wait(&input->changed, deadline);
    }
}

/* What was pulled for a transformation goes with the vstream; without one the frames are still where the next vstream reads. */
static void leave_behind(struct vstream *output)
{
    struct queue *pending = &output->group->pending[output->index];
    while (pending->count > 0) queue_push(&output->queue, queue_pop(pending));
    *pending = output->queue;
    output->queue = (struct queue){ 0 };
}

void vstream_close(struct vstream *vstream)
{
    struct group *group = vstream->group;
    vstream->closing = true;
    pthread_cond_broadcast(&vstream->changed);
    while (vstream->in_call > 0) stub_wait(&stub_left, NEVER);
    if (vstream->is_input) wait_until_taken(vstream);
    else if (!has_transformation(vstream->tensor, &vstream->format)) leave_behind(vstream);
    *place_of(group, vstream->is_input, vstream->index) = NULL;
    uint32_t slot = vstream->index + (vstream->is_input ? 0 : MAX_STREAMS);
    while (vstream->queue.count > 0) frame_put(group, slot, queue_pop(&vstream->queue));
    handle_close(vstream->handle);
    pthread_cond_destroy(&vstream->changed);
    free(vstream);
}

static hailo_status release(struct call *call, void *const *handles, size_t count, enum kind kind)
{
    if (handles == NULL || count == 0) return HAILO_INVALID_ARGUMENT;
    hailo_status result = HAILO_SUCCESS;
    for (size_t i = 0; i < count; i++) {
        struct vstream *vstream = handle_get(call, handles[i], kind);
        if (vstream == NULL || vstream->closing) {
            result = HAILO_INVALID_ARGUMENT;
            continue;
        }
        if (vstream->in_call > 0) stats_misuse(call->function, "a call on %s is in progress", vstream->tensor->name);
        vstream_close(vstream);
    }
    return result == HAILO_SUCCESS ? stub_fault(call, NULL) : result;
}

API hailo_status hailo_release_input_vstreams(const hailo_input_vstream *input_vstreams, size_t inputs_count)
{
    STUB_CALL(release(&call, (void *const *)input_vstreams, inputs_count, KIND_INPUT));
}

API hailo_status hailo_release_output_vstreams(const hailo_output_vstream *output_vstreams, size_t outputs_count)
{
    STUB_CALL(release(&call, (void *const *)output_vstreams, outputs_count, KIND_OUTPUT));
}
