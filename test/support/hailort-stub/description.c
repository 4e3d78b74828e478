/* The lines that writeHef puts where a real file has its network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stub.h"

static struct tensor *new_tensor(struct description *description, bool is_input)
{
    uint32_t *count = is_input ? &description->input_count : &description->output_count;
    /* Inputs lie before outputs, so they must be named first. */
    if (*count == MAX_STREAMS || (is_input && description->output_count > 0)) return NULL;
    struct tensor *tensor = &description->tensors[description->input_count + description->output_count];
    ++*count;
    tensor->is_input = is_input;
    tensor->scale = 1;
    return tensor;
}

static bool read_tensor(struct description *description, const char *line, bool is_input)
{
    struct tensor *tensor = new_tensor(description, is_input);
    return tensor != NULL && sscanf(line, "%*s %127s %u %u %u %d %d %f %f", tensor->name, &tensor->height, &tensor->width,
                                    &tensor->features, &tensor->type, &tensor->order, &tensor->zero_point,
                                    &tensor->scale) == 8;
}

static bool read_nms(struct description *description, const char *line)
{
    struct tensor *tensor = new_tensor(description, false);
    if (tensor == NULL) return false;
    tensor->is_nms = true;
    tensor->type = TYPE_FLOAT32;
    tensor->order = STUB_VERSION >= 42000 ? ORDER_NMS_BY_CLASS : ORDER_NMS;
    return sscanf(line, "nms %127s %u %u", tensor->name, &tensor->classes, &tensor->max_per_class) == 3;
}

/* The quantisation of the next feature of the tensor named last. */
static bool read_channel(struct description *description, const char *line)
{
    uint32_t count = description->input_count + description->output_count;
    if (count == 0) return false;
    struct tensor *tensor = &description->tensors[count - 1];
    struct channel channel;
    if (sscanf(line, "channel %f %f", &channel.zero_point, &channel.scale) != 2) return false;
    struct channel *grown = realloc(tensor->channels, (tensor->channel_count + 1) * sizeof *grown);
    if (grown == NULL) return false;
    tensor->channels = grown;
    tensor->channels[tensor->channel_count++] = channel;
    return true;
}

static bool read_compute(struct description *description, const char *line)
{
    char how[16];
    if (sscanf(line, "compute %15s %511s", how, description->argument) != 2) return false;
    description->compute = strcmp(how, "file") == 0 ? COMPUTE_FILE : strcmp(how, "onnx") == 0 ? COMPUTE_ONNX : COMPUTE_PATTERN;
    return true;
}

static bool read_line(struct description *description, const char *line)
{
    int multi = 0;
    if (line[0] == '\0') return true;
    if (sscanf(line, "group %127s %d", description->group, &multi) == 2) {
        description->multi_context = multi != 0;
        return true;
    }
    if (sscanf(line, "network %127s", description->network) == 1) return true;
    if (strncmp(line, "input ", 6) == 0) return read_tensor(description, line, true);
    if (strncmp(line, "output ", 7) == 0) return read_tensor(description, line, false);
    if (strncmp(line, "nms ", 4) == 0) return read_nms(description, line);
    if (strncmp(line, "channel ", 8) == 0) return read_channel(description, line);
    return strncmp(line, "compute ", 8) == 0 && read_compute(description, line);
}

struct description *description_parse(const char *text, size_t length)
{
    struct description *description = calloc(1, sizeof *description);
    char *copy = strndup(text, length), *rest = copy, *line;
    while (description != NULL && (line = strsep(&rest, "\n")) != NULL) {
        if (read_line(description, line)) continue;
        stats_problem("bad line of a HEF: %s", line);
        description_free(description);
        description = NULL;
    }
    free(copy);
    if (description != NULL && (description->input_count == 0 || description->output_count == 0)) {
        stats_problem("a HEF without inputs or outputs");
        description_free(description);
        return NULL;
    }
    return description;
}

void description_free(struct description *description)
{
    if (description == NULL) return;
    for (size_t i = 0; i < description->input_count + description->output_count; i++) free(description->tensors[i].channels);
    free(description);
}
