/* What the networks give: a pattern of the input's bytes, the bytes of a file, or the answer of the ONNX backend. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "stub.h"

#define PATIENCE 120000

static const struct tensor *output_of(const struct description *description, uint32_t index)
{
    return &description->tensors[description->input_count + index];
}

static void problem(const char *what, const char *which)
{
    pthread_mutex_lock(&stub_lock);
    stats_problem("%s: %s", what, which);
    pthread_mutex_unlock(&stub_lock);
}

/* --- pattern --- */

static uint64_t sum_of(const struct description *description, struct frame *const *inputs)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < description->input_count; i++) {
        for (size_t j = 0; j < inputs[i]->size; j++) sum += inputs[i]->data[j];
    }
    return sum;
}

static void pattern(const struct description *description, struct frame *const *inputs, struct frame **outputs)
{
    uint64_t sum = sum_of(description, inputs);
    for (uint32_t i = 0; i < description->output_count; i++) {
        const struct tensor *tensor = output_of(description, i);
        void *data = outputs[i]->data;
        size_t count = (size_t)tensor->height * tensor->width * tensor->features;
        if (tensor->is_nms) {
            pattern_nms(tensor, sum, data);
            continue;
        }
        for (size_t j = 0; j < count; j++) {
            if (tensor->type == TYPE_UINT8) ((uint8_t *)data)[j] = (uint8_t)(sum + j);
            else if (tensor->type == TYPE_UINT16) ((uint16_t *)data)[j] = (uint16_t)(sum + j);
            else ((float *)data)[j] = (float)((sum + j) & 255);
        }
    }
}

/* --- file --- */

static bool from_file(const struct description *description, uint64_t job, struct frame **outputs)
{
    long total = 0;
    for (uint32_t i = 0; i < description->output_count; i++) total += (long)outputs[i]->size;
    FILE *file = fopen(description->argument, "re");
    bool done = file != NULL && fseek(file, 0, SEEK_END) == 0;
    long frames = done ? ftell(file) / total : 0;
    done = frames > 0 && fseek(file, (long)(job % (uint64_t)frames) * total, SEEK_SET) == 0;
    for (uint32_t i = 0; done && i < description->output_count; i++) {
        done = fread(outputs[i]->data, 1, outputs[i]->size, file) == outputs[i]->size;
    }
    if (file != NULL) fclose(file);
    if (!done) problem("cannot read the outputs", description->argument);
    return done;
}

/* --- ONNX backend: little-endian u32 lengths, each before its bytes --- */

static void disconnect(struct physical *physical)
{
    if (physical->backend >= 0) close(physical->backend);
    physical->backend = -1;
}

void compute_disconnect(struct physical *physical)
{
    disconnect(physical);
}

static bool connect_backend(struct physical *physical)
{
    if (physical->backend >= 0) return true;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    pthread_mutex_lock(&stub_lock);
    snprintf(address.sun_path, sizeof address.sun_path, "%.107s", stub_config.backend);
    pthread_mutex_unlock(&stub_lock);
    physical->backend = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (physical->backend >= 0 && connect(physical->backend, (struct sockaddr *)&address, sizeof address) == 0) return true;
    problem("no backend answers", address.sun_path);
    disconnect(physical);
    return false;
}

static bool send_all(struct physical *physical, const void *data, size_t size)
{
    const uint8_t *at = data;
    while (size > 0) {
        ssize_t sent = send(physical->backend, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool send_block(struct physical *physical, const void *data, size_t size)
{
    uint32_t length = (uint32_t)size;
    return send_all(physical, &length, sizeof length) && send_all(physical, data, size);
}

/* Looks every tenth of a second whether the chip is being let go. */
static bool receive_all(struct physical *physical, void *data, size_t size)
{
    uint8_t *at = data;
    for (int waited = 0; size > 0;) {
        struct pollfd ready = { physical->backend, POLLIN, 0 };
        int count = poll(&ready, 1, 100);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 || (waited += 100) > PATIENCE || __atomic_load_n(&physical->stop, __ATOMIC_RELAXED)) return false;
        if (count == 0) continue;
        ssize_t got = recv(physical->backend, at, size, 0);
        if (got <= 0) return false;
        at += got;
        size -= (size_t)got;
        waited = 0;
    }
    return true;
}

static bool receive_output(struct physical *physical, const struct tensor *tensor, struct frame *output)
{
    uint32_t length;
    if (!receive_all(physical, &length, sizeof length)) return false;
    if (tensor->is_nms ? length > output->size : length != output->size) {
        problem("the backend's answer has the wrong size", tensor->name);
        return false;
    }
    memset(output->data, 0, output->size);
    return receive_all(physical, output->data, length);
}

static bool ask_backend(struct physical *physical, const struct description *description, struct frame *const *inputs,
                        struct frame **outputs)
{
    bool done = send_block(physical, description->argument, strlen(description->argument));
    for (uint32_t i = 0; done && i < description->input_count; i++) {
        done = send_block(physical, inputs[i]->data, inputs[i]->size);
    }
    for (uint32_t i = 0; done && i < description->output_count; i++) {
        done = receive_output(physical, output_of(description, i), outputs[i]);
    }
    return done;
}

static bool from_backend(struct physical *physical, const struct description *description, struct frame *const *inputs,
                         struct frame **outputs)
{
    if (!connect_backend(physical)) return false;
    if (ask_backend(physical, description, inputs, outputs)) return true;
    problem("the backend broke off", description->argument);
    disconnect(physical);
    return false;
}

bool compute(struct physical *physical, const struct description *description, uint64_t job, struct frame *const *inputs,
             struct frame **outputs)
{
    if (description->compute == COMPUTE_FILE) return from_file(description, job, outputs);
    if (description->compute == COMPUTE_ONNX) return from_backend(physical, description, inputs, outputs);
    pattern(description, inputs, outputs);
    return true;
}
