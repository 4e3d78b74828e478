/* Counters for the tests: asked for in the same process, or read from a file by another one. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stub.h"

#define MAX_COUNTERS 96
#define MAX_NOTES 64
#define MAX_COMPLETED 512
#define JSON_SIZE (1 << 18)

struct counter {
    char name[MAX_NAME];
    uint64_t value;
};
struct counters {
    struct counter entries[MAX_COUNTERS];
    size_t count;
};
struct notes {
    char texts[MAX_NOTES][256];
    size_t count;
};

static struct counters calls, main_thread_calls, frames, busy;
static struct notes misuses, problems;
static uint16_t completed[MAX_COMPLETED];
static uint64_t completed_count;
static unsigned in_progress, peak;
static int64_t written;
static char logger_path[256], console_level[64];

__attribute__((constructor)) static void remember_environment(void)
{
    const char *path = getenv("HAILORT_LOGGER_PATH"), *level = getenv("HAILORT_CONSOLE_LOGGER_LEVEL");
    if (path != NULL) snprintf(logger_path, sizeof logger_path, "%s", path);
    if (level != NULL) snprintf(console_level, sizeof console_level, "%s", level);
}

static size_t add(struct counters *counters, const char *name, uint64_t amount)
{
    size_t i = 0;
    while (i < counters->count && strcmp(counters->entries[i].name, name) != 0) i++;
    if (i == MAX_COUNTERS) return MAX_COUNTERS - 1;
    if (i == counters->count) snprintf(counters->entries[counters->count++].name, MAX_NAME, "%s", name);
    counters->entries[i].value += amount;
    return i;
}

void stats_call_begins(const char *function)
{
    add(&calls, function, 1);
    if (syscall(SYS_gettid) == getpid()) add(&main_thread_calls, function, 1);
    if (++in_progress > peak) peak = in_progress;
}

void stats_call_ends(void)
{
    in_progress--;
}

void stats_frame(const char *network)
{
    completed[completed_count++ % MAX_COMPLETED] = (uint16_t)add(&frames, network, 1);
}

void stats_busy(const char *device, int64_t nanoseconds)
{
    add(&busy, device, (uint64_t)nanoseconds);
}

static void note(struct notes *notes, const char *prefix, const char *format, va_list arguments)
{
    if (notes->count == MAX_NOTES) return;
    char *text = notes->texts[notes->count++];
    int length = snprintf(text, 256, "%s", prefix);
    vsnprintf(text + length, 256 - (size_t)length, format, arguments);
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ') *c = '\'';
    }
}

void stats_misuse(const char *function, const char *format, ...)
{
    char prefix[96];
    va_list arguments;
    snprintf(prefix, sizeof prefix, "%s: ", function);
    va_start(arguments, format);
    note(&misuses, prefix, format, arguments);
    va_end(arguments);
    if (!stub_config.abort_on_misuse) return;
    fprintf(stderr, "libhailort stub: %s\n", misuses.texts[misuses.count - 1]);
    stats_write(true);
    abort();
}

void stats_problem(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note(&problems, "", format, arguments);
    va_end(arguments);
}

/* --- JSON --- */

struct text {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    size_t used = (size_t)length < text->left ? (size_t)length : text->left;
    text->at += used;
    text->left -= used;
}

static void put_counters(struct text *text, const char *name, const struct counters *counters, double unit)
{
    put(text, "\"%s\":{", name);
    for (size_t i = 0; i < counters->count; i++) {
        put(text, "%s\"%s\":%.10g", i == 0 ? "" : ",", counters->entries[i].name, (double)counters->entries[i].value * unit);
    }
    put(text, "},");
}

static void put_notes(struct text *text, const char *name, const struct notes *notes)
{
    put(text, "\"%s\":[", name);
    for (size_t i = 0; i < notes->count; i++) put(text, "%s\"%s\"", i == 0 ? "" : ",", notes->texts[i]);
    put(text, "],");
}

static void put_handles(struct text *text, const char *name, uint64_t (*value)(enum kind))
{
    put(text, "\"%s\":{", name);
    for (int kind = 0; kind <= KIND_OUTPUT; kind++) {
        put(text, "%s\"%s\":%llu", kind == 0 ? "" : ",", kind_names[kind], (unsigned long long)value((enum kind)kind));
    }
    put(text, "},");
}

static void put_variable(struct text *text, const char *name, const char *value)
{
    if (value[0] == '\0') put(text, "\"%s\":null", name);
    else put(text, "\"%s\":\"%s\"", name, value);
}

static size_t json(char *buffer, size_t size)
{
    struct text text = { buffer, size };
    put(&text, "{\"version\":\"%d.%d.%d\",", STUB_MAJOR, STUB_MINOR, STUB_REVISION);
    put_handles(&text, "live", handle_live);
    put_handles(&text, "created", handle_created);
    put_counters(&text, "calls", &calls, 1);
    put_counters(&text, "mainThread", &main_thread_calls, 1);
    put_counters(&text, "frames", &frames, 1);
    put_counters(&text, "busyMs", &busy, 1e-6);
    put_notes(&text, "misuse", &misuses);
    put_notes(&text, "problems", &problems);
    put(&text, "\"completed\":[");
    uint64_t first = completed_count > MAX_COMPLETED ? completed_count - MAX_COMPLETED : 0;
    for (uint64_t i = first; i < completed_count; i++) {
        put(&text, "%s\"%s\"", i == first ? "" : ",", frames.entries[completed[i % MAX_COMPLETED]].name);
    }
    put(&text, "],\"peakConcurrency\":%u,\"environment\":{", peak);
    put_variable(&text, "HAILORT_LOGGER_PATH", logger_path);
    put(&text, ",");
    put_variable(&text, "HAILORT_CONSOLE_LOGGER_LEVEL", console_level);
    put(&text, "}}");
    return (size_t)(text.at - buffer);
}

API size_t stub_stats_json(void *text, size_t capacity)
{
    pthread_mutex_lock(&stub_lock);
    size_t length = json(text, capacity);
    pthread_mutex_unlock(&stub_lock);
    return length;
}

void stats_write(bool force)
{
    static char buffer[JSON_SIZE];
    int64_t now = stub_now();
    if (!force && now - written < 100000000LL) return;
    written = now;
    char path[sizeof stub_path + 16], temporary[sizeof stub_path + 16];
    snprintf(path, sizeof path, "%s.stats", stub_path);
    snprintf(temporary, sizeof temporary, "%s.stats.new", stub_path);
    FILE *file = fopen(temporary, "we");
    if (file == NULL) return;
    size_t length = json(buffer, sizeof buffer);
    fwrite(buffer, 1, length, file);
    if (fclose(file) == 0) rename(temporary, path);
}
