/* One thread per chip: chooses the next group and lets a frame take its time (hailort-c-api §8.7, §13). */
#include <string.h>

#include "stub.h"

#define IDLE_CHECK 100000000LL
/* Frames that the low-level stream of an output holds while no vstream reads them. */
#define MOST_PENDING 8

static bool uses(const struct vdevice *vdevice, const struct physical *physical)
{
    for (size_t i = 0; i < vdevice->device_count; i++) {
        if (vdevice->devices[i] == physical) return true;
    }
    return false;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When all streams were ready for a frame, or NEVER; `queued` is how many frames wait in full. */
static int64_t complete_since(const struct group *group, uint32_t *queued)
{
    int64_t since = 0;
    *queued = UINT32_MAX;
    for (uint32_t i = 0; i < group->description->input_count; i++) {
        const struct vstream *input = group->inputs[i];
        if (input == NULL || input->queue.count == 0) return NEVER;
        since = later(since, input->queue.head->at);
        if (input->queue.count < *queued) *queued = input->queue.count;
    }
    for (uint32_t i = 0; i < group->description->output_count; i++) {
        const struct vstream *output = group->outputs[i];
        if (output == NULL || output->closing) {
            if (group->pending[i].count >= MOST_PENDING) return NEVER;
            continue;
        }
        if (output->queue.count >= output->queue_size) return NEVER;
        since = later(since, output->room_at);
    }
    return since;
}

/*
 * From when on the group may run: in the future where the scheduler's timeout must pass first, NEVER while something is missing.
 * Inside a burst the threshold has been reached already.
 */
static int64_t ready_since(const struct group *group, bool in_burst)
{
    if (group->dead || group->running || group->vdevice->lost) return NEVER;
    if (group->vdevice->scheduling == SCHEDULING_NONE && !group->active) return NEVER;
    if (stub_silent(group->description->network)) return NEVER;
    uint32_t queued;
    int64_t since = complete_since(group, &queued);
    if (since == NEVER || in_burst || queued >= group->threshold) return since;
    if (group->timeout_ms == HAILO_INFINITE) return NEVER;
    int64_t from = STUB_MAJOR >= 5 ? group->inputs[0]->queue.head->at : group->last_run;
    return later(since, from + group->timeout_ms * 1000000LL);
}

/* Highest priority first, round robin among equals. `wake` is when to look again. */
static struct group *choose(const struct physical *physical, int64_t *wake)
{
    struct group *best = NULL;
    uint64_t best_turn = 0;
    int64_t now = stub_now();
    for (struct vdevice *vdevice = stub_vdevices; vdevice != NULL; vdevice = vdevice->next) {
        if (!uses(vdevice, physical)) continue;
        for (struct group *group = vdevice->groups; group != NULL; group = group->next) {
            int64_t since = ready_since(group, false);
            if (since > now) {
                if (since < *wake) *wake = since;
                continue;
            }
            uint64_t turn = group->serial > physical->cursor ? group->serial : group->serial + UINT32_MAX;
            bool better = best == NULL || group->priority > best->priority ||
                          (group->priority == best->priority && turn < best_turn);
            if (!better) continue;
            best = group;
            best_turn = turn;
        }
    }
    return best;
}

static void deliver(struct group *group, struct frame **frames)
{
    for (uint32_t i = 0; i < group->description->output_count; i++) {
        struct vstream *output = group->outputs[i];
        if (output == NULL || output->closing) {
            queue_push(&group->pending[i], frames[i]);
            continue;
        }
        if (output->late != NULL && !output->late_filled) {
            /* Into memory that the caller may have given away long ago: this is what he is to be caught at. */
            transform_output(output, frames[i]->data, output->late);
            output->late_filled = true;
            /* One without a transformation reads no more; what was meant for it waits in the low-level stream for the next vstream. */
            if (output->broken) queue_push(&output->queue, frames[i]);
            else frame_put(group, MAX_STREAMS + i, frames[i]);
        } else {
            queue_push(&output->queue, frames[i]);
        }
        pthread_cond_broadcast(&output->changed);
    }
    stats_frame(group->description->network);
}

static void drop(struct group *group, struct frame **frames)
{
    for (uint32_t i = 0; i < group->description->output_count; i++) frame_put(group, MAX_STREAMS + i, frames[i]);
}

static bool interrupted(const struct physical *physical, const struct group *group)
{
    return physical->stop || group->dead || group->vdevice->lost;
}

static void run(struct physical *physical, struct group *group, bool in_burst)
{
    struct frame *inputs[MAX_STREAMS], *outputs[MAX_STREAMS];
    const struct description *description = group->description;
    /* Time counts from when the frame could have started, not from when this thread woke up: lateness does not add up. */
    int64_t start = later(physical->free_at, ready_since(group, in_burst));
    double cost = stub_frame_time(description->network);
    if (physical->last_group != group->serial) cost += stub_config.switch_time;
    int64_t end = start + (int64_t)(cost * 1e6);
    for (uint32_t i = 0; i < description->input_count; i++) {
        inputs[i] = queue_pop(&group->inputs[i]->queue);
        pthread_cond_broadcast(&group->inputs[i]->changed);
    }
    for (uint32_t i = 0; i < description->output_count; i++) {
        outputs[i] = frame_take(group, MAX_STREAMS + i, native_size(&description->tensors[description->input_count + i]));
    }
    uint64_t job = group->jobs++;
    group->running = true;
    pthread_mutex_unlock(&stub_lock);
    int64_t before = stub_now();
    bool computed = compute(physical, description, job, inputs, outputs);
    int64_t after = stub_now();
    pthread_mutex_lock(&stub_lock);
    /* A network that takes the processor longer than the device is as slow as the processor. */
    if (after - before > end - start) end = after;
    while (stub_now() < end && !interrupted(physical, group)) stub_sleep_until(&physical->interrupt, end);
    bool broken_off = interrupted(physical, group);
    if (broken_off && stub_now() < end) end = stub_now();
    physical->free_at = end;
    physical->last_group = physical->cursor = group->serial;
    group->running = false;
    group->last_run = end;
    stats_busy(physical->id, later(end - start, 0));
    for (uint32_t i = 0; i < description->input_count; i++) frame_put(group, i, inputs[i]);
    if (computed && !broken_off) deliver(group, outputs);
    else drop(group, outputs);
    pthread_cond_broadcast(&stub_left);
    vdevice_wake(group->vdevice);
}

/* As many frames as a batch holds, or as were waited for, before another network has its turn. */
static void run_burst(struct physical *physical, struct group *group)
{
    uint32_t most = group->batch != 0 ? group->batch : group->threshold;
    run(physical, group, false);
    for (uint32_t i = 1; i < most && !physical->stop && ready_since(group, true) <= stub_now(); i++) run(physical, group, true);
}

void *device_main(void *argument)
{
    struct physical *physical = argument;
    pthread_mutex_lock(&stub_lock);
    while (!physical->stop) {
        int64_t wake = stub_now() + IDLE_CHECK;
        stub_reload();
        struct group *group = choose(physical, &wake);
        if (group != NULL) run_burst(physical, group);
        else stub_sleep_until(&physical->work, wake);
        stats_write(false);
    }
    pthread_mutex_unlock(&stub_lock);
    compute_disconnect(physical);
    return NULL;
}
