/* The configuration file beside the library, and what every call does first and last. */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "stub.h"

#define MAX_ENTRIES 64
#define SLICE 20000000LL

struct fault {
    long serial;
    char call[64], network[MAX_NAME];
    int status, after, times, seen, given;
};
struct number {
    char name[MAX_NAME];
    double value;
};
struct lie {
    char network[MAX_NAME];
    uint32_t index;
    float count;
};

pthread_mutex_t stub_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t stub_left;
struct config stub_config;
char stub_path[4096];

static struct fault faults[MAX_ENTRIES];
static size_t fault_count;
static struct number frame_times[MAX_ENTRIES], delays[MAX_ENTRIES];
static size_t frame_time_count, delay_count;
static char silent[MAX_ENTRIES][MAX_NAME];
static size_t silent_count;
static struct lie lies[MAX_ENTRIES];
static size_t lie_count;
static struct stat last;

static void read_config(FILE *file);

__attribute__((constructor)) static void loaded(void)
{
    Dl_info info;
    if (dladdr((void *)loaded, &info) != 0 && info.dli_fname != NULL) {
        snprintf(stub_path, sizeof stub_path, "%s", info.dli_fname);
    }
    stub_cond_init(&stub_left);
    snprintf(stub_config.devices[0].id, sizeof stub_config.devices[0].id, "0000:01:00.0");
    snprintf(stub_config.devices[0].architecture, sizeof stub_config.devices[0].architecture, "hailo8");
    snprintf(stub_config.devices[0].firmware, sizeof stub_config.devices[0].firmware, "-");
    stub_config.devices[0].temperature = 48.5;
    stub_config.devices[0].power = -1;
    stub_config.device_count = 1;
    stub_config.lost_status = HAILO_STREAM_ABORT;
}

void stub_reload(void)
{
    char path[sizeof stub_path + 8];
    struct stat now;
    snprintf(path, sizeof path, "%s.conf", stub_path);
    if (stat(path, &now) != 0) return;
    if (now.st_ino == last.st_ino && now.st_size == last.st_size && now.st_mtim.tv_sec == last.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == last.st_mtim.tv_nsec) {
        return;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) return;
    last = now;
    read_config(file);
    fclose(file);
    vdevices_check_lost();
}

static void read_fault(const char *line)
{
    struct fault fault = { 0 };
    if (sscanf(line, "fault %ld %63s %d %127s %d %d", &fault.serial, fault.call, &fault.status, fault.network,
               &fault.after, &fault.times) != 6 ||
        fault_count == MAX_ENTRIES) {
        stats_problem("bad line: %s", line);
        return;
    }
    faults[fault_count++] = fault;
}

static void read_line(const char *line)
{
    struct device_config device = { 0 };
    char name[MAX_NAME], text[64];
    double value;
    int lost;
    unsigned index;
    if (sscanf(line, "device %31s %15s %15s %lf %lf %d", device.id, device.architecture, device.firmware,
               &device.temperature, &device.power, &lost) == 6) {
        device.lost = lost != 0;
        if (stub_config.device_count < MAX_DEVICES) stub_config.devices[stub_config.device_count++] = device;
    } else if (strncmp(line, "fault ", 6) == 0) {
        read_fault(line);
    } else if (sscanf(line, "frame_time %127s %lf", name, &value) == 2 && frame_time_count < MAX_ENTRIES) {
        frame_times[frame_time_count].value = value;
        strcpy(frame_times[frame_time_count++].name, name);
    } else if (sscanf(line, "delay %127s %lf", name, &value) == 2 && delay_count < MAX_ENTRIES) {
        delays[delay_count].value = value;
        strcpy(delays[delay_count++].name, name);
    } else if (sscanf(line, "silent %127s", name) == 1 && silent_count < MAX_ENTRIES) {
        strcpy(silent[silent_count++], name);
    } else if (sscanf(line, "nms_lie %127s %u %63s", name, &index, text) == 3 && lie_count < MAX_ENTRIES) {
        lies[lie_count].index = index;
        lies[lie_count].count = strtof(text, NULL);
        strcpy(lies[lie_count++].network, name);
    } else if (sscanf(line, "switch_time %lf", &value) == 1) {
        stub_config.switch_time = value;
    } else if (sscanf(line, "driver_busy %u", &index) == 1) {
        stub_config.driver_busy = index != 0;
    } else if (sscanf(line, "lost_status %u", &index) == 1) {
        stub_config.lost_status = (hailo_status)index;
    } else if (sscanf(line, "service %u", &index) == 1) {
        stub_config.service = index;
    } else if (sscanf(line, "abort_on_misuse %u", &index) == 1) {
        stub_config.abort_on_misuse = index != 0;
    } else if (sscanf(line, "backend %255s", stub_config.backend) != 1) {
        stats_problem("bad line: %s", line);
    }
}

static void read_config(FILE *file)
{
    struct fault old[MAX_ENTRIES];
    size_t old_count = fault_count;
    memcpy(old, faults, sizeof old);
    memset(&stub_config, 0, sizeof stub_config);
    fault_count = frame_time_count = delay_count = silent_count = lie_count = 0;
    char line[1024];
    while (fgets(line, sizeof line, file) != NULL) read_line(line);
    for (size_t i = 0; i < fault_count; i++) {
        for (size_t j = 0; j < old_count; j++) {
            if (faults[i].serial != old[j].serial) continue;
            faults[i].seen = old[j].seen;
            faults[i].given = old[j].given;
        }
    }
}

hailo_status stub_fault(struct call *call, const char *network)
{
    for (size_t i = 0; i < fault_count; i++) {
        struct fault *fault = &faults[i];
        if (strcmp(fault->call, call->function) != 0) continue;
        if (strcmp(fault->network, "-") != 0 && (network == NULL || strcmp(fault->network, network) != 0)) continue;
        if (fault->seen++ < fault->after) continue;
        if (fault->times >= 0 && fault->given >= fault->times) continue;
        fault->given++;
        return (hailo_status)fault->status;
    }
    return HAILO_SUCCESS;
}

static const struct number *find(const struct number *numbers, size_t count, const char *name)
{
    const struct number *any = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(numbers[i].name, name) == 0) return &numbers[i];
        if (strcmp(numbers[i].name, "*") == 0) any = &numbers[i];
    }
    return any;
}

double stub_frame_time(const char *network)
{
    const struct number *number = find(frame_times, frame_time_count, network);
    return number == NULL ? 0 : number->value;
}

bool stub_silent(const char *network)
{
    for (size_t i = 0; i < silent_count; i++) {
        if (strcmp(silent[i], "*") == 0 || strcmp(silent[i], network) == 0) return true;
    }
    return false;
}

bool stub_nms_lie(const char *network, uint32_t index, float *count)
{
    for (size_t i = 0; i < lie_count; i++) {
        if (lies[i].index != index) continue;
        if (strcmp(lies[i].network, "*") != 0 && strcmp(lies[i].network, network) != 0) continue;
        *count = lies[i].count;
        return true;
    }
    return false;
}

const struct device_config *stub_device_config(const char *id)
{
    for (size_t i = 0; i < stub_config.device_count; i++) {
        if (strcmp(stub_config.devices[i].id, id) == 0) return &stub_config.devices[i];
    }
    return NULL;
}

void stub_begin(struct call *call, const char *function)
{
    call->function = function;
    pthread_mutex_lock(&stub_lock);
    stub_reload();
    stats_call_begins(function);
    const struct number *delay = find(delays, delay_count, function);
    call->delay = delay == NULL ? 0 : delay->value;
    bool is_setup = strcmp(function, "hailo_configure_vdevice") == 0 ||
                    strcmp(function, "hailo_create_input_vstreams") == 0 ||
                    strcmp(function, "hailo_create_output_vstreams") == 0;
    if (!is_setup) stub_delay(call);
}

void stub_delay(const struct call *call)
{
    if (call->delay <= 0) return;
    struct timespec time = { (time_t)(call->delay / 1000), (long)(fmod(call->delay, 1000) * 1e6) };
    pthread_mutex_unlock(&stub_lock);
    nanosleep(&time, NULL);
    pthread_mutex_lock(&stub_lock);
}

hailo_status stub_end(struct call *call, hailo_status status)
{
    stats_call_ends();
    stats_write(strncmp(call->function, "hailo_release", 13) == 0);
    pthread_mutex_unlock(&stub_lock);
    return status;
}

int64_t stub_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

void stub_cond_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void stub_sleep_until(pthread_cond_t *condition, int64_t until)
{
    struct timespec time = { until / 1000000000LL, until % 1000000000LL };
    pthread_cond_timedwait(condition, &stub_lock, &time);
}

void stub_wait(pthread_cond_t *condition, int64_t until)
{
    int64_t slice = stub_now() + SLICE;
    stub_sleep_until(condition, until < slice ? until : slice);
    stub_reload();
}

int64_t stub_deadline(uint32_t timeout_ms)
{
    return timeout_ms == HAILO_INFINITE ? NEVER : stub_now() + timeout_ms * 1000000LL;
}
