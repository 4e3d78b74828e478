/* Vdevices: who holds which chip (hailort-c-api §1, §4.2, §9, §10.3, §10.4). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stub.h"

#define UNIQUE "UNIQUE"

struct vdevice *stub_vdevices;
static struct physical *known[64];
static size_t known_count;

struct physical *physical_of(const char *id)
{
    for (size_t i = 0; i < known_count; i++) {
        if (strcmp(known[i]->id, id) == 0) return known[i];
    }
    struct physical *physical = known_count < sizeof known / sizeof *known ? calloc(1, sizeof *physical) : NULL;
    if (physical == NULL) return NULL;
    memcpy(physical->id, id, strnlen(id, sizeof physical->id - 1));
    stub_cond_init(&physical->work);
    stub_cond_init(&physical->interrupt);
    physical->backend = -1;
    known[known_count++] = physical;
    return physical;
}

void vdevice_wake(const struct vdevice *vdevice)
{
    for (size_t i = 0; i < vdevice->device_count; i++) pthread_cond_signal(&vdevice->devices[i]->work);
}

void vdevices_check_lost(void)
{
    for (struct vdevice *vdevice = stub_vdevices; vdevice != NULL; vdevice = vdevice->next) {
        for (size_t i = 0; i < vdevice->device_count; i++) {
            const struct device_config *device = stub_device_config(vdevice->devices[i]->id);
            if (device != NULL && !device->lost) continue;
            vdevice->lost = true;
            pthread_cond_broadcast(&vdevice->devices[i]->interrupt);
        }
        vdevice_wake(vdevice);
    }
}

void setup_begin(struct call *call, struct vdevice *vdevice)
{
    if (vdevice->configuring++ > 0) stats_misuse(call->function, "another network of this vdevice is being set up");
    stub_delay(call);
}

void setup_end(struct vdevice *vdevice)
{
    vdevice->configuring--;
    pthread_cond_broadcast(&stub_left);
}

static hailo_status init_params(struct call *call, hailo_vdevice_params_t *params)
{
    if (params == NULL) return HAILO_INVALID_ARGUMENT;
    memset(params, 0, sizeof *params);
    params->device_count = 1;
    params->scheduling_algorithm = SCHEDULING_ROUND_ROBIN;
    params->group_id = UNIQUE;
    return stub_fault(call, NULL);
}

API hailo_status hailo_init_vdevice_params(hailo_vdevice_params_t *params)
{
    STUB_CALL(init_params(&call, params));
}

static hailo_status check_service(const hailo_vdevice_params_t *params, const char *group_id)
{
    if (!params->multi_process_service || STUB_MAJOR >= 5) return HAILO_SUCCESS;
    if (stub_config.service == SERVICE_NONE) return HAILO_INVALID_OPERATION;
    if (params->scheduling_algorithm == SCHEDULING_NONE) return HAILO_INVALID_ARGUMENT;
    if (strcmp(group_id, UNIQUE) == 0) stats_problem("multi_process_service with group id UNIQUE shares nothing");
    if (stub_config.service == SERVICE_UNREACHABLE) return HAILO_RPC_FAILED;
    return stub_config.service == SERVICE_OTHER_VERSION ? HAILO_INVALID_SERVICE_VERSION : HAILO_SUCCESS;
}

/* Free, or shared under the same group id with the same parameters. */
static hailo_status check_free(const struct physical *physical, const char *group_id, int32_t scheduling)
{
    if (physical->users == 0) return stub_config.driver_busy ? HAILO_DEVICE_IN_USE : HAILO_SUCCESS;
    if (strcmp(group_id, UNIQUE) == 0 || strcmp(group_id, physical->group_id) != 0) return HAILO_DEVICE_IN_USE;
    return scheduling == physical->scheduling ? HAILO_SUCCESS : HAILO_INVALID_ARGUMENT;
}

static hailo_status add_device(struct vdevice *vdevice, const struct device_config *config, const char *group_id)
{
    struct physical *physical = physical_of(config->id);
    if (physical == NULL) return HAILO_OUT_OF_HOST_MEMORY;
    for (size_t i = 0; i < vdevice->device_count; i++) {
        if (vdevice->devices[i] == physical) return HAILO_INVALID_ARGUMENT;
    }
    hailo_status status = check_free(physical, group_id, vdevice->scheduling);
    if (status == HAILO_SUCCESS) status = check_device(config);
    if (status == HAILO_SUCCESS) vdevice->devices[vdevice->device_count++] = physical;
    return status;
}

static hailo_status choose_devices(struct vdevice *vdevice, const hailo_vdevice_params_t *params, const char *group_id)
{
    if (params->device_ids != NULL) {
        for (uint32_t i = 0; i < params->device_count; i++) {
            const struct device_config *config = stub_device_config(params->device_ids[i].id);
            if (config == NULL || config->lost) return HAILO_INVALID_ARGUMENT;
            hailo_status status = add_device(vdevice, config, group_id);
            if (status != HAILO_SUCCESS) return status;
        }
        return HAILO_SUCCESS;
    }
    for (size_t i = 0; i < stub_config.device_count && vdevice->device_count < params->device_count; i++) {
        if (stub_config.devices[i].lost) continue;
        hailo_status status = add_device(vdevice, &stub_config.devices[i], group_id);
        if (status != HAILO_SUCCESS && status != HAILO_DEVICE_IN_USE) return status;
    }
    return vdevice->device_count == params->device_count ? HAILO_SUCCESS : HAILO_OUT_OF_PHYSICAL_DEVICES;
}

static void hold(struct vdevice *vdevice, const char *group_id)
{
    for (size_t i = 0; i < vdevice->device_count; i++) {
        struct physical *physical = vdevice->devices[i];
        struct device *device = calloc(1, sizeof *device);
        memcpy(device->id, physical->id, sizeof device->id);
        vdevice->borrowed[i] = handle_new(KIND_DEVICE, device, true);
        if (physical->users++ > 0) continue;
        snprintf(physical->group_id, sizeof physical->group_id, "%s", group_id);
        physical->scheduling = vdevice->scheduling;
        physical->stop = false;
        physical->last_group = physical->cursor = 0;
        pthread_create(&physical->thread, NULL, device_main, physical);
    }
}

static hailo_status create(struct call *call, const hailo_vdevice_params_t *given, hailo_vdevice *result)
{
    if (result == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, NULL);
    if (status != HAILO_SUCCESS) return status;
    hailo_vdevice_params_t params = { 1, NULL, SCHEDULING_ROUND_ROBIN, UNIQUE, false };
    if (given != NULL) params = *given;
    const char *group_id = params.group_id == NULL ? UNIQUE : params.group_id;
    if (params.device_count == 0 || params.device_count > MAX_DEVICES) return HAILO_INVALID_ARGUMENT;
    if (params.scheduling_algorithm != SCHEDULING_NONE && params.scheduling_algorithm != SCHEDULING_ROUND_ROBIN) {
        return HAILO_INVALID_ARGUMENT;
    }
    status = check_service(&params, group_id);
    if (status != HAILO_SUCCESS) return status;
    struct vdevice *vdevice = calloc(1, sizeof *vdevice);
    if (vdevice == NULL) return HAILO_OUT_OF_HOST_MEMORY;
    vdevice->scheduling = params.scheduling_algorithm;
    vdevice->service = params.multi_process_service;
    status = choose_devices(vdevice, &params, group_id);
    if (status != HAILO_SUCCESS) {
        free(vdevice);
        return status;
    }
    hold(vdevice, group_id);
    vdevice->next = stub_vdevices;
    stub_vdevices = vdevice;
    *result = vdevice->handle = handle_new(KIND_VDEVICE, vdevice, false);
    return HAILO_SUCCESS;
}

API hailo_status hailo_create_vdevice(hailo_vdevice_params_t *params, hailo_vdevice *vdevice)
{
    STUB_CALL(create(&call, params, vdevice));
}

static void close_vstreams(struct call *call, struct group *group)
{
    for (size_t i = 0; i < MAX_STREAMS; i++) {
        struct vstream *streams[] = { group->outputs[i], group->inputs[i] };
        for (size_t j = 0; j < 2; j++) {
            if (streams[j] == NULL) continue;
            stats_misuse(call->function, "%s of %s is still alive", kind_names[streams[j]->is_input ? KIND_INPUT : KIND_OUTPUT],
                         streams[j]->tensor->name);
            vstream_close(streams[j]);
        }
    }
}

/* The last vdevice on a chip takes its thread with it. */
static void let_go(struct vdevice *vdevice)
{
    for (size_t i = 0; i < vdevice->device_count; i++) {
        struct physical *physical = vdevice->devices[i];
        struct call call = { "hailo_release_vdevice", 0 };
        free(handle_get(&call, vdevice->borrowed[i], KIND_DEVICE));
        handle_close(vdevice->borrowed[i]);
        if (--physical->users > 0) continue;
        physical->stop = true;
        pthread_cond_broadcast(&physical->work);
        pthread_cond_broadcast(&physical->interrupt);
        /* Nobody else can take the chip meanwhile: it counts as used until its thread has ended. */
        physical->users++;
        pthread_mutex_unlock(&stub_lock);
        pthread_join(physical->thread, NULL);
        pthread_mutex_lock(&stub_lock);
        physical->users--;
    }
}

static hailo_status release(struct call *call, hailo_vdevice handle)
{
    struct vdevice *vdevice = handle_get(call, handle, KIND_VDEVICE);
    if (vdevice == NULL) return HAILO_INVALID_ARGUMENT;
    if (vdevice->configuring > 0) stats_misuse(call->function, "a network is being configured on it");
    handle_close(handle);
    while (vdevice->configuring > 0) stub_wait(&stub_left, NEVER);
    for (struct group *group = vdevice->groups; group != NULL; group = group->next) group_shutdown(group);
    for (struct group *group = vdevice->groups; group != NULL; group = group->next) {
        close_vstreams(call, group);
        while (group->running) stub_wait(&stub_left, NEVER);
    }
    struct vdevice **link = &stub_vdevices;
    while (*link != vdevice) link = &(*link)->next;
    *link = vdevice->next;
    let_go(vdevice);
    while (vdevice->groups != NULL) {
        struct group *group = vdevice->groups;
        vdevice->groups = group->next;
        group_free(group);
    }
    free(vdevice);
    return stub_fault(call, NULL);
}

API hailo_status hailo_release_vdevice(hailo_vdevice vdevice)
{
    STUB_CALL(release(&call, vdevice));
}

static hailo_status devices(struct call *call, hailo_vdevice handle, hailo_device *result, hailo_device_id_t *ids, size_t *count)
{
    const struct vdevice *vdevice = handle_get(call, handle, KIND_VDEVICE);
    if (vdevice == NULL || count == NULL || (result == NULL && ids == NULL)) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, NULL);
    if (status != HAILO_SUCCESS) return status;
    size_t room = *count;
    *count = vdevice->device_count;
    if (room < vdevice->device_count) return HAILO_INSUFFICIENT_BUFFER;
    for (size_t i = 0; i < vdevice->device_count; i++) {
        if (result != NULL) result[i] = vdevice->borrowed[i];
        else memcpy(ids[i].id, vdevice->devices[i]->id, sizeof ids[i].id);
    }
    return HAILO_SUCCESS;
}

API hailo_status hailo_get_physical_devices(hailo_vdevice vdevice, hailo_device *result, size_t *number_of_devices)
{
    STUB_CALL(devices(&call, vdevice, result, NULL, number_of_devices));
}

API hailo_status hailo_vdevice_get_physical_devices_ids(hailo_vdevice vdevice, hailo_device_id_t *ids, size_t *number_of_devices)
{
    STUB_CALL(devices(&call, vdevice, NULL, ids, number_of_devices));
}
