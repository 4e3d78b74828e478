/* Frames in and out: sizes, queues, timeouts and the buffer that is kept (hailort-c-api §6, §8.2 to §8.6). */
#include <stdlib.h>
#include <string.h>

#include "stub.h"

struct frame *frame_take(struct group *group, uint32_t slot, size_t size)
{
    struct frame *frame = group->spare[slot];
    if (frame != NULL) {
        group->spare[slot] = frame->next;
        return frame;
    }
    frame = malloc(sizeof *frame + size);
    if (frame == NULL) abort();
    frame->size = size;
    return frame;
}

void frame_put(struct group *group, uint32_t slot, struct frame *frame)
{
    frame->next = group->spare[slot];
    group->spare[slot] = frame;
}

void queue_push(struct queue *queue, struct frame *frame)
{
    frame->next = NULL;
    if (queue->count++ == 0) queue->head = frame;
    else queue->tail->next = frame;
    queue->tail = frame;
}

struct frame *queue_pop(struct queue *queue)
{
    struct frame *frame = queue->head;
    queue->head = frame->next;
    queue->count--;
    return frame;
}

static void enter(struct call *call, struct vstream *vstream)
{
    if (vstream->in_call++ > 0) stats_misuse(call->function, "two calls at once on %s", vstream->tensor->name);
}

static void leave(struct vstream *vstream)
{
    vstream->in_call--;
    pthread_cond_broadcast(&stub_left);
}

/* What stops a vstream for good, now or while a call waits. */
static hailo_status stopped(const struct vstream *vstream)
{
    const struct group *group = vstream->group;
    if (vstream->closing || group->dead) return HAILO_STREAM_ABORT;
    if (group->vdevice->lost && stub_config.lost_status != HAILO_TIMEOUT) return stub_config.lost_status;
    if (group->vdevice->scheduling == SCHEDULING_NONE && !group->active) return HAILO_NETWORK_GROUP_NOT_ACTIVATED;
    return HAILO_SUCCESS;
}

static hailo_status wait_for_room(struct vstream *vstream)
{
    int64_t deadline = stub_deadline(vstream->timeout_ms);
    for (;;) {
        hailo_status status = stopped(vstream);
        if (status != HAILO_SUCCESS) return status;
        if (vstream->queue.count < vstream->queue_size) return HAILO_SUCCESS;
        if (stub_now() >= deadline) return HAILO_TIMEOUT;
        stub_wait(&vstream->changed, deadline);
    }
}

static hailo_status write_frame(struct vstream *vstream, const void *buffer)
{
    hailo_status status = wait_for_room(vstream);
    if (status != HAILO_SUCCESS) return status;
    struct frame *frame = frame_take(vstream->group, vstream->index, native_size(vstream->tensor));
    pthread_mutex_unlock(&stub_lock);
    transform_input(vstream, buffer, frame->data);
    pthread_mutex_lock(&stub_lock);
    frame->at = stub_now();
    queue_push(&vstream->queue, frame);
    vdevice_wake(vstream->group->vdevice);
    return HAILO_SUCCESS;
}

static hailo_status write_raw(struct call *call, hailo_input_vstream handle, const void *buffer, size_t size)
{
    struct vstream *vstream = handle_get(call, handle, KIND_INPUT);
    if (vstream == NULL || buffer == NULL || size != vstream->size) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, vstream->group->description->network);
    if (status != HAILO_SUCCESS) return status;
    enter(call, vstream);
    status = write_frame(vstream, buffer);
    leave(vstream);
    return status;
}

API hailo_status hailo_vstream_write_raw_buffer(hailo_input_vstream vstream, const void *buffer, size_t buffer_size)
{
    STUB_CALL(write_raw(&call, vstream, buffer, buffer_size));
}

static void give_frame(struct vstream *vstream, void *buffer)
{
    struct group *group = vstream->group;
    if (vstream->queue.count == vstream->queue_size) vstream->room_at = stub_now();
    struct frame *frame = queue_pop(&vstream->queue);
    vdevice_wake(group->vdevice);
    /* Boxes are few, and injected counts are read from the configuration. */
    bool is_long = !vstream->tensor->is_nms;
    if (is_long) pthread_mutex_unlock(&stub_lock);
    transform_output(vstream, frame->data, buffer);
    if (is_long) pthread_mutex_lock(&stub_lock);
    frame_put(group, MAX_STREAMS + vstream->index, frame);
}

/* §8.4: the pipeline keeps the buffer, and one without a transformation does not recover. */
static hailo_status give_up(struct vstream *vstream, void *buffer)
{
    if (vstream->late == NULL) vstream->late_filled = false;
    vstream->late = buffer;
    if (!has_transformation(vstream->tensor, &vstream->format)) vstream->broken = true;
    return HAILO_TIMEOUT;
}

static hailo_status read_frame(struct vstream *vstream, void *buffer)
{
    int64_t deadline = stub_deadline(vstream->timeout_ms);
    for (;;) {
        hailo_status status = stopped(vstream);
        if (status != HAILO_SUCCESS) return status;
        if (vstream->broken || (vstream->late != NULL && vstream->late != buffer)) return HAILO_INTERNAL_FAILURE;
        if (vstream->late != NULL && vstream->late_filled) {
            vstream->late = NULL;
            return HAILO_SUCCESS;
        }
        if (vstream->late == NULL && vstream->queue.count > 0) {
            give_frame(vstream, buffer);
            return HAILO_SUCCESS;
        }
        if (stub_now() >= deadline) return give_up(vstream, buffer);
        stub_wait(&vstream->changed, deadline);
    }
}

static hailo_status read_raw(struct call *call, hailo_output_vstream handle, void *buffer, size_t size)
{
    struct vstream *vstream = handle_get(call, handle, KIND_OUTPUT);
    if (vstream == NULL || buffer == NULL) return HAILO_INVALID_ARGUMENT;
    if (size != vstream->size) return HAILO_INTERNAL_FAILURE;
    hailo_status status = stub_fault(call, vstream->group->description->network);
    if (status == HAILO_TIMEOUT) return give_up(vstream, buffer);
    if (status != HAILO_SUCCESS) return status;
    enter(call, vstream);
    vstream->used = true;
    status = read_frame(vstream, buffer);
    leave(vstream);
    return status;
}

API hailo_status hailo_vstream_read_raw_buffer(hailo_output_vstream vstream, void *buffer, size_t buffer_size)
{
    STUB_CALL(read_raw(&call, vstream, buffer, buffer_size));
}

static hailo_status wait_until_handed_over(struct vstream *vstream)
{
    int64_t deadline = stub_deadline(vstream->timeout_ms);
    while (vstream->queue.count > 0) {
        hailo_status status = stopped(vstream);
        if (status != HAILO_SUCCESS) return status;
        if (stub_now() >= deadline) return HAILO_TIMEOUT;
        stub_wait(&vstream->changed, deadline);
    }
    return HAILO_SUCCESS;
}

static hailo_status flush(struct call *call, hailo_input_vstream handle)
{
    struct vstream *vstream = handle_get(call, handle, KIND_INPUT);
    if (vstream == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, vstream->group->description->network);
    if (status != HAILO_SUCCESS) return status;
    enter(call, vstream);
    status = wait_until_handed_over(vstream);
    leave(vstream);
    return status;
}

API hailo_status hailo_flush_input_vstream(hailo_input_vstream vstream)
{
    STUB_CALL(flush(&call, vstream));
}

/* Empties queues and resets errors; a frame on the device still arrives, which is what nobody has proved otherwise (§8.6). */
static hailo_status clear(struct call *call, void *const *handles, size_t count, enum kind kind)
{
    if (handles == NULL || count == 0) return HAILO_INVALID_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        struct vstream *vstream = handle_get(call, handles[i], kind);
        if (vstream == NULL) return HAILO_INVALID_ARGUMENT;
        if (vstream->in_call > 0) stats_misuse(call->function, "a call on %s is in progress", vstream->tensor->name);
        uint32_t slot = vstream->index + (kind == KIND_INPUT ? 0 : MAX_STREAMS);
        while (vstream->queue.count > 0) frame_put(vstream->group, slot, queue_pop(&vstream->queue));
        vstream->late = NULL;
        vstream->broken = false;
        vstream->room_at = stub_now();
        pthread_cond_broadcast(&vstream->changed);
        vdevice_wake(vstream->group->vdevice);
    }
    return stub_fault(call, NULL);
}

API hailo_status hailo_clear_input_vstreams(const hailo_input_vstream *input_vstreams, size_t inputs_count)
{
    STUB_CALL(clear(&call, (void *const *)input_vstreams, inputs_count, KIND_INPUT));
}

API hailo_status hailo_clear_output_vstreams(const hailo_output_vstream *output_vstreams, size_t outputs_count)
{
    STUB_CALL(clear(&call, (void *const *)output_vstreams, outputs_count, KIND_OUTPUT));
}
