/*
 * A whole life with the library from C, to be run under valgrind or with sanitizers: driver <library> <hef> <rounds>
 * Every call must succeed and every frame must be the one that was written; the exit code says so.
 * With 0 rounds it does what nobody may do, and a sanitizer must notice: it frees a buffer after a read ran into its timeout.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layout.h"

static void *library;

static void check(hailo_status status, const char *what)
{
    if (status == HAILO_SUCCESS) return;
    fprintf(stderr, "%s gave %d\n", what, (int)status);
    exit(1);
}

/* The function of that name, as one that takes what it is given and returns a status. */
typedef hailo_status (*function)();

static function find(const char *name)
{
    function found = (function)dlsym(library, name);
    if (found != NULL) return found;
    fprintf(stderr, "%s is missing\n", name);
    exit(1);
}

#define CALL(name, ...) check(find(#name)(__VA_ARGS__), #name)

static size_t open_streams(hailo_configured_network_group group, bool inputs, bool is_short, void **vstreams)
{
    vstream_params_by_name_t params[MAX_STREAMS];
    size_t count = MAX_STREAMS;
    if (inputs) CALL(hailo_make_input_vstream_params, group, false, TYPE_AUTO, params, &count);
    else CALL(hailo_make_output_vstream_params, group, false, TYPE_FLOAT32, params, &count);
    for (size_t i = 0; is_short && i < count; i++) params[i].params.timeout_ms = 20;
    if (inputs) CALL(hailo_create_input_vstreams, group, params, count, vstreams);
    else CALL(hailo_create_output_vstreams, group, params, count, vstreams);
    return count;
}

/* The pattern of a FLOAT32 output with the HEF's zero point 10 and scale 0.5. */
static void check_frame(const float *values, size_t count, unsigned sum)
{
    for (size_t i = 0; i < count; i++) {
        float expected = ((float)((sum + i) & 255) - 10) * 0.5f;
        if (values[i] == expected) continue;
        fprintf(stderr, "value %zu is %g instead of %g\n", i, (double)values[i], (double)expected);
        exit(1);
    }
}

static void infer(void **inputs, void **outputs, size_t output_count, int frames)
{
    size_t input_size;
    CALL(hailo_get_input_vstream_frame_size, inputs[0], &input_size);
    unsigned char *picture = malloc(input_size);
    for (int frame = 0; frame < frames; frame++) {
        memset(picture, frame, input_size);
        CALL(hailo_vstream_write_raw_buffer, inputs[0], picture, input_size);
        for (size_t i = 0; i < output_count; i++) {
            hailo_vstream_info_t info;
            size_t size;
            CALL(hailo_get_output_vstream_info, outputs[i], &info);
            CALL(hailo_get_output_vstream_frame_size, outputs[i], &size);
            float *values = malloc(size);
            CALL(hailo_vstream_read_raw_buffer, outputs[i], values, size);
            if (info.format.order == ORDER_NHWC) check_frame(values, size / sizeof *values, (unsigned)(input_size * (size_t)frame));
            free(values);
        }
    }
    free(picture);
}

static void free_too_early(void **inputs, void **outputs)
{
    size_t input_size, size;
    CALL(hailo_get_input_vstream_frame_size, inputs[0], &input_size);
    CALL(hailo_get_output_vstream_frame_size, outputs[0], &size);
    unsigned char *picture = calloc(1, input_size);
    CALL(hailo_vstream_write_raw_buffer, inputs[0], picture, input_size);
    free(picture);
    float *values = malloc(size);
    hailo_status status = find("hailo_vstream_read_raw_buffer")(outputs[0], values, size);
    free(values);
    if (status != HAILO_TIMEOUT) check(HAILO_INTERNAL_FAILURE, "a read that should run into its timeout");
    sleep(3);
}

static void live(const char *file, bool is_bad)
{
    hailo_vdevice vdevice;
    hailo_vdevice_params_t params;
    hailo_device device;
    hailo_device_identity_t identity;
    hailo_hef hef;
    hailo_configured_network_group groups[MAX_GROUPS];
    size_t count = 1;
    CALL(hailo_init_vdevice_params, &params);
    CALL(hailo_create_vdevice, &params, &vdevice);
    CALL(hailo_get_physical_devices, vdevice, &device, &count);
    CALL(hailo_identify, device, &identity);
    CALL(hailo_create_hef_file, &hef, file);
    count = MAX_GROUPS;
    CALL(hailo_configure_vdevice, vdevice, hef, NULL, groups, &count);
    CALL(hailo_release_hef, hef);
    void *inputs[MAX_STREAMS], *outputs[MAX_STREAMS];
    size_t input_count = open_streams(groups[0], true, is_bad, inputs);
    size_t output_count = open_streams(groups[0], false, is_bad, outputs);
    if (is_bad) free_too_early(inputs, outputs);
    else infer(inputs, outputs, output_count, 5);
    CALL(hailo_release_output_vstreams, outputs, output_count);
    CALL(hailo_release_input_vstreams, inputs, input_count);
    CALL(hailo_release_vdevice, vdevice);
}

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    int rounds = atoi(argv[3]);
    if (rounds == 0) live(argv[2], true);
    for (int i = 0; i < rounds; i++) live(argv[2], false);
    printf("%d rounds\n", rounds);
    return 0;
}
