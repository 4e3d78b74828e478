/* What an opened HEF tells (hailort-c-api §1 step 5, §2). */
#include <stdio.h>
#include <string.h>

#include "stub.h"

static hailo_status open_hef(struct call *call, hailo_hef handle, const char *name, struct hef **hef)
{
    *hef = handle_get(call, handle, KIND_HEF);
    if (*hef == NULL) return HAILO_INVALID_ARGUMENT;
    hailo_status status = stub_fault(call, (*hef)->description->network);
    if (status != HAILO_SUCCESS) return status;
    return names_group((*hef)->description, name) ? HAILO_SUCCESS : HAILO_NOT_FOUND;
}

static hailo_status groups(struct call *call, hailo_hef handle, hailo_network_group_info_t *infos, size_t *count)
{
    struct hef *hef;
    hailo_status status = open_hef(call, handle, NULL, &hef);
    if (status != HAILO_SUCCESS) return status;
    if (infos == NULL || count == NULL) return HAILO_INVALID_ARGUMENT;
    size_t room = *count;
    *count = 1;
    if (room < 1) return HAILO_INSUFFICIENT_BUFFER;
    memset(infos, 0, sizeof *infos);
    snprintf(infos->name, sizeof infos->name, "%s", hef->description->group);
    infos->is_multi_context = hef->description->multi_context;
    return HAILO_SUCCESS;
}

API hailo_status hailo_get_network_groups_infos(hailo_hef hef, hailo_network_group_info_t *infos, size_t *number_of_infos)
{
    STUB_CALL(groups(&call, hef, infos, number_of_infos));
}

static hailo_status networks(struct call *call, hailo_hef handle, const char *name, hailo_network_info_t *infos, size_t *count)
{
    struct hef *hef;
    hailo_status status = open_hef(call, handle, name, &hef);
    if (status != HAILO_SUCCESS) return status;
    if (infos == NULL || count == NULL) return HAILO_INVALID_ARGUMENT;
    size_t room = *count;
    *count = 1;
    if (room < 1) return HAILO_INSUFFICIENT_BUFFER;
    memset(infos, 0, sizeof *infos);
    snprintf(infos->name, sizeof infos->name, "%s/%s", hef->description->group, hef->description->network);
    return HAILO_SUCCESS;
}

API hailo_status hailo_hef_get_network_infos(hailo_hef hef, const char *group, hailo_network_info_t *infos, size_t *count)
{
    STUB_CALL(networks(&call, hef, group, infos, count));
}

static hailo_status vstreams(struct call *call, hailo_hef handle, const char *name, hailo_vstream_info_t *infos, size_t *count)
{
    struct hef *hef;
    hailo_status status = open_hef(call, handle, name, &hef);
    if (status != HAILO_SUCCESS) return status;
    if (infos == NULL || count == NULL) return HAILO_INVALID_ARGUMENT;
    size_t needed = hef->description->input_count + hef->description->output_count, room = *count;
    *count = needed;
    if (room < needed) return HAILO_INSUFFICIENT_BUFFER;
    for (size_t i = 0; i < needed; i++) fill_info(hef->description, &hef->description->tensors[i], &infos[i]);
    return HAILO_SUCCESS;
}

API hailo_status hailo_hef_get_all_vstream_infos(hailo_hef hef, const char *name, hailo_vstream_info_t *infos, size_t *count)
{
    STUB_CALL(vstreams(&call, hef, name, infos, count));
}

/* Sorted means: as the outputs of the original model are, which is not by name. */
static hailo_status outputs(struct call *call, hailo_hef handle, const char *name, hailo_layer_name_t *names, size_t *count)
{
    struct hef *hef;
    hailo_status status = open_hef(call, handle, name, &hef);
    if (status != HAILO_SUCCESS) return status;
    if (names == NULL || count == NULL) return HAILO_INVALID_ARGUMENT;
    const struct description *description = hef->description;
    size_t room = *count;
    *count = description->output_count;
    if (room < *count) return HAILO_INSUFFICIENT_BUFFER;
    for (size_t i = 0; i < *count; i++) {
        snprintf(names[i].name, sizeof names[i].name, "%s", description->tensors[description->input_count + i].name);
    }
    return HAILO_SUCCESS;
}

API hailo_status hailo_hef_get_sorted_output_names(hailo_hef hef, const char *group, hailo_layer_name_t *names, size_t *count)
{
    STUB_CALL(outputs(&call, hef, group, names, count));
}

static hailo_status bottleneck(struct call *call, hailo_hef handle, const char *name, double *fps)
{
    struct hef *hef;
    hailo_status status = open_hef(call, handle, name, &hef);
    if (status != HAILO_SUCCESS) return status;
    if (fps == NULL) return HAILO_INVALID_ARGUMENT;
    double time = stub_frame_time(hef->description->network);
    *fps = time > 0 ? 1000 / time : 1000;
    return HAILO_SUCCESS;
}

API hailo_status hailo_hef_get_bottleneck_fps(hailo_hef hef, const char *group, double *bottleneck_fps)
{
    STUB_CALL(bottleneck(&call, hef, group, bottleneck_fps));
}

static hailo_status params(struct call *call, hailo_hef handle, const char *name, bool inputs, int32_t type,
                           vstream_params_by_name_t *result, size_t *count)
{
    struct hef *hef;
    hailo_status status = open_hef(call, handle, name, &hef);
    return status != HAILO_SUCCESS ? status : fill_params(hef->description, inputs, type, result, count);
}

API hailo_status hailo_hef_make_input_vstream_params(hailo_hef hef, const char *name, bool unused, int32_t format_type,
                                                     hailo_input_vstream_params_by_name_t *input_params, size_t *count)
{
    (void)unused;
    STUB_CALL(params(&call, hef, name, true, format_type, input_params, count));
}

API hailo_status hailo_hef_make_output_vstream_params(hailo_hef hef, const char *name, bool unused, int32_t format_type,
                                                      hailo_output_vstream_params_by_name_t *output_params, size_t *count)
{
    (void)unused;
    STUB_CALL(params(&call, hef, name, false, format_type, output_params, count));
}
