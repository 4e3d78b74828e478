/* Configured network groups and the scheduler's settings (hailort-c-api §1, §4.8, §8.5, §8.7). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stub.h"

static uint64_t serials;

static const struct device_config *config_of(const struct vdevice *vdevice)
{
    return vdevice->lost ? NULL : stub_device_config(vdevice->devices[0]->id);
}

/* On a PCIe Hailo-10H, and through 5.x's service, the C path of inference does not exist (§0.2, §10.3). */
static hailo_status check_path(const struct vdevice *vdevice)
{
    const struct device_config *config = config_of(vdevice);
    if (config == NULL) return HAILO_DRIVER_OPERATION_FAILED;
    bool remote = architecture_of(config) == ARCHITECTURE_HAILO10H || (STUB_MAJOR >= 5 && vdevice->service);
    return remote ? HAILO_NOT_IMPLEMENTED : HAILO_SUCCESS;
}

static hailo_status check_architecture(const struct vdevice *vdevice, uint32_t compiled_for)
{
    bool small = architecture_of(config_of(vdevice)) == ARCHITECTURE_HAILO8L;
    bool fits = compiled_for == 3 || (!small && (compiled_for == 1 || compiled_for == 2));
    return fits ? HAILO_SUCCESS : STATUS_HEF_INCOMPATIBLE;
}

static void fill_configure_params(const struct description *description, hailo_configure_params_t *params)
{
    memset(params, 0, sizeof *params);
    params->network_group_params_count = 1;
    hailo_configure_network_group_params_t *group = &params->network_group_params[0];
    snprintf(group->name, sizeof group->name, "%s", description->group);
    group->stream_params_by_name_count = description->input_count + description->output_count;
    for (size_t i = 0; i < group->stream_params_by_name_count && i < MAX_STREAMS; i++) {
        snprintf(group->stream_params_by_name[i].name, MAX_NAME, "%s", description->tensors[i].name);
    }
    group->network_params_by_name_count = 1;
    snprintf(group->network_params_by_name[0].name, MAX_NETWORK_NAME, "%s/%s", description->group, description->network);
}

static hailo_status init_params(struct call *call, hailo_hef hef_handle, hailo_vdevice vdevice_handle, hailo_configure_params_t *params)
{
    const struct hef *hef = handle_get(call, hef_handle, KIND_HEF);
    const struct vdevice *vdevice = handle_get(call, vdevice_handle, KIND_VDEVICE);
    if (hef == NULL || vdevice == NULL || params == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, hef->description->network);
    if (status == HAILO_SUCCESS) status = check_path(vdevice);
    if (status == HAILO_SUCCESS) fill_configure_params(hef->description, params);
    return status;
}

API hailo_status hailo_init_configure_params_by_vdevice(hailo_hef hef, hailo_vdevice vdevice, hailo_configure_params_t *params)
{
    STUB_CALL(init_params(&call, hef, vdevice, params));
}

static hailo_status init_params_for(struct call *call, hailo_hef handle, int32_t interface, hailo_configure_params_t *params)
{
    const struct hef *hef = handle_get(call, handle, KIND_HEF);
    if (hef == NULL || params == NULL || interface < 0 || interface > 3) return HAILO_INVALID_ARGUMENT;
    fill_configure_params(hef->description, params);
    return stub_fault(call, hef->description->network);
}

API hailo_status hailo_init_configure_params(hailo_hef hef, int32_t stream_interface, hailo_configure_params_t *params)
{
    STUB_CALL(init_params_for(&call, hef, stream_interface, params));
}

/* What was filled by init and changed by the caller must still belong to this HEF. */
static hailo_status read_params(const struct description *description, const hailo_configure_params_t *params, uint32_t *batch)
{
    *batch = 0;
    if (params == NULL) return HAILO_SUCCESS;
    const hailo_configure_network_group_params_t *group = &params->network_group_params[0];
    if (params->network_group_params_count != 1 || strcmp(group->name, description->group) != 0) return HAILO_INVALID_ARGUMENT;
    if (group->stream_params_by_name_count != description->input_count + description->output_count ||
        group->network_params_by_name_count != 1 || group->power_mode < 0 || group->power_mode > 1) {
        return HAILO_INVALID_ARGUMENT;
    }
    uint32_t own = group->network_params_by_name[0].network_params.batch_size;
    if (group->batch_size != 0 && own != 0) return HAILO_INVALID_ARGUMENT;
    *batch = group->batch_size + own;
    return HAILO_SUCCESS;
}

static hailo_status add_group(struct vdevice *vdevice, struct description *description, uint32_t batch, void **handle)
{
    struct group *group = calloc(1, sizeof *group);
    if (group == NULL) return HAILO_OUT_OF_HOST_MEMORY;
    group->vdevice = vdevice;
    group->description = description;
    group->batch = batch;
    group->priority = 16;
    group->serial = ++serials;
    group->last_run = stub_now();
    struct group **link = &vdevice->groups;
    while (*link != NULL) link = &(*link)->next;
    *link = group;
    *handle = group->handle = handle_new(KIND_GROUP, group, false);
    return HAILO_SUCCESS;
}

static hailo_status configure_on(struct call *call, struct vdevice *vdevice, hailo_hef hef_handle,
                                 const hailo_configure_params_t *params, hailo_configured_network_group *groups, size_t *count)
{
    const struct hef *hef = handle_get(call, hef_handle, KIND_HEF);
    if (hef == NULL || groups == NULL || count == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, hef->description->network);
    if (status == HAILO_SUCCESS) status = check_path(vdevice);
    if (status != HAILO_SUCCESS) return status;
    /* Not written back here, unlike everywhere else (§2). */
    if (*count < 1) return HAILO_INSUFFICIENT_BUFFER;
    status = check_architecture(vdevice, hef->architecture);
    if (status != HAILO_SUCCESS) return status;
    uint32_t batch;
    status = read_params(hef->description, params, &batch);
    struct description *description;
    if (status == HAILO_SUCCESS) status = hef_read_again(hef, &description);
    if (status != HAILO_SUCCESS) return status;
    void *handle;
    status = add_group(vdevice, description, batch, &handle);
    if (status != HAILO_SUCCESS) {
        description_free(description);
        return status;
    }
    groups[0] = handle;
    *count = 1;
    return HAILO_SUCCESS;
}

static hailo_status configure(struct call *call, hailo_vdevice handle, hailo_hef hef, const hailo_configure_params_t *params,
                              hailo_configured_network_group *groups, size_t *count)
{
    struct vdevice *vdevice = handle_get(call, handle, KIND_VDEVICE);
    if (vdevice == NULL) return HAILO_INVALID_ARGUMENT;
    setup_begin(call, vdevice);
    hailo_status status = configure_on(call, vdevice, hef, params, groups, count);
    setup_end(vdevice);
    return status;
}

API hailo_status hailo_configure_vdevice(hailo_vdevice vdevice, hailo_hef hef, hailo_configure_params_t *params,
                                         hailo_configured_network_group *network_groups, size_t *number_of_network_groups)
{
    STUB_CALL(configure(&call, vdevice, hef, params, network_groups, number_of_network_groups));
}

hailo_status group_shutdown(struct group *group)
{
    group->dead = true;
    for (size_t i = 0; i < MAX_STREAMS; i++) {
        if (group->inputs[i] != NULL) pthread_cond_broadcast(&group->inputs[i]->changed);
        if (group->outputs[i] != NULL) pthread_cond_broadcast(&group->outputs[i]->changed);
    }
    for (size_t i = 0; i < group->vdevice->device_count; i++) {
        pthread_cond_broadcast(&group->vdevice->devices[i]->interrupt);
    }
    return HAILO_SUCCESS;
}

void group_free(struct group *group)
{
    for (uint32_t i = 0; i < MAX_STREAMS; i++) {
        while (group->pending[i].count > 0) frame_put(group, MAX_STREAMS + i, queue_pop(&group->pending[i]));
    }
    for (size_t i = 0; i < 2 * MAX_STREAMS; i++) {
        while (group->spare[i] != NULL) {
            struct frame *frame = group->spare[i];
            group->spare[i] = frame->next;
            free(frame);
        }
    }
    if (group->activation != NULL) handle_close(group->activation);
    handle_close(group->handle);
    description_free(group->description);
    free(group);
}

static hailo_status shutdown_group(struct call *call, hailo_configured_network_group handle)
{
    struct group *group = handle_get(call, handle, KIND_GROUP);
    if (group == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, group->description->network);
    return status != HAILO_SUCCESS ? status : group_shutdown(group);
}

API hailo_status hailo_shutdown_network_group(hailo_configured_network_group network_group)
{
    STUB_CALL(shutdown_group(&call, network_group));
}

static hailo_status scheduled(struct call *call, hailo_configured_network_group handle, const char *network, struct group **group)
{
    *group = handle_get(call, handle, KIND_GROUP);
    if (*group == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, (*group)->description->network);
    if (status != HAILO_SUCCESS) return status;
    if ((*group)->vdevice->scheduling == SCHEDULING_NONE) return HAILO_INVALID_OPERATION;
    return network != NULL ? HAILO_NOT_IMPLEMENTED : HAILO_SUCCESS;
}

static hailo_status set_timeout(struct call *call, hailo_configured_network_group handle, uint32_t timeout_ms, const char *network)
{
    struct group *group;
    hailo_status status = scheduled(call, handle, network, &group);
    if (status != HAILO_SUCCESS) return status;
    group->timeout_ms = timeout_ms;
    vdevice_wake(group->vdevice);
    return HAILO_SUCCESS;
}

API hailo_status hailo_set_scheduler_timeout(hailo_configured_network_group group, uint32_t timeout_ms, const char *network_name)
{
    STUB_CALL(set_timeout(&call, group, timeout_ms, network_name));
}

static hailo_status set_threshold(struct call *call, hailo_configured_network_group handle, uint32_t threshold, const char *network)
{
    struct group *group;
    hailo_status status = scheduled(call, handle, network, &group);
    if (status != HAILO_SUCCESS) return status;
    if (group->batch != 0 && threshold > group->batch) return HAILO_INVALID_ARGUMENT;
    group->threshold = threshold;
    vdevice_wake(group->vdevice);
    return HAILO_SUCCESS;
}

API hailo_status hailo_set_scheduler_threshold(hailo_configured_network_group group, uint32_t threshold, const char *network_name)
{
    STUB_CALL(set_threshold(&call, group, threshold, network_name));
}

static hailo_status set_priority(struct call *call, hailo_configured_network_group handle, uint8_t priority, const char *network)
{
    struct group *group;
    hailo_status status = scheduled(call, handle, network, &group);
    if (status != HAILO_SUCCESS) return status;
    if (priority > 31) return HAILO_INVALID_ARGUMENT;
    group->priority = priority;
    return HAILO_SUCCESS;
}

API hailo_status hailo_set_scheduler_priority(hailo_configured_network_group group, uint8_t priority, const char *network_name)
{
    STUB_CALL(set_priority(&call, group, priority, network_name));
}

static hailo_status activate(struct call *call, hailo_configured_network_group handle, hailo_activated_network_group *result)
{
    struct group *group = handle_get(call, handle, KIND_GROUP);
    if (group == NULL || result == NULL) return HAILO_INVALID_ARGUMENT;
    if (group->vdevice->scheduling != SCHEDULING_NONE || group->active) return HAILO_INVALID_OPERATION;
    for (const struct group *other = group->vdevice->groups; other != NULL; other = other->next) {
        if (other->active) return HAILO_INVALID_OPERATION;
    }
    group->active = true;
    vdevice_wake(group->vdevice);
    *result = group->activation = handle_new(KIND_ACTIVATION, group, false);
    return HAILO_SUCCESS;
}

API hailo_status hailo_activate_network_group(hailo_configured_network_group group, void *activation_params,
                                              hailo_activated_network_group *activated)
{
    (void)activation_params;
    STUB_CALL(activate(&call, group, activated));
}

static hailo_status deactivate(struct call *call, hailo_activated_network_group handle)
{
    struct group *group = handle_get(call, handle, KIND_ACTIVATION);
    if (group == NULL) return HAILO_INVALID_ARGUMENT;
    group->active = false;
    group->activation = NULL;
    handle_close(handle);
    return HAILO_SUCCESS;
}

API hailo_status hailo_deactivate_network_group(hailo_activated_network_group activated)
{
    STUB_CALL(deactivate(&call, activated));
}
