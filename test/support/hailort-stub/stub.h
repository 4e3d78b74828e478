/* What the files of the stub share. One lock guards everything; frames are copied and computed outside of it. */
#ifndef STUB_H
#define STUB_H

#include <pthread.h>

#include "layout.h"

#define API __attribute__((visibility("default")))
#define MAX_DEVICES 8
#define NEVER INT64_MAX

/* --- control.c: configuration, calls, faults, waiting --- */

struct device_config {
    char id[32], architecture[16], firmware[16];
    double temperature, power;
    bool lost;
};

struct config {
    struct device_config devices[MAX_DEVICES];
    size_t device_count;
    bool driver_busy, abort_on_misuse;
    hailo_status lost_status;
    enum { SERVICE_RUNNING, SERVICE_NONE, SERVICE_UNREACHABLE, SERVICE_OTHER_VERSION } service;
    double switch_time;
    char backend[256];
};

/* One call from outside, from stub_begin to stub_end. */
struct call {
    const char *function;
    /* ms, already spent unless the call sets something up (setup_begin). */
    double delay;
};

extern pthread_mutex_t stub_lock;
/* Woken whenever a call leaves an object that somebody may wait to release. */
extern pthread_cond_t stub_left;
extern struct config stub_config;

void stub_begin(struct call *call, const char *function);
/* Sleeps for the configured delay without the lock. */
void stub_delay(const struct call *call);
hailo_status stub_end(struct call *call, hailo_status status);
#define STUB_CALL(body)                          \
    do {                                         \
        struct call call;                        \
        stub_begin(&call, __func__);             \
        return stub_end(&call, (body));          \
    } while (0)

/* The injected status for this call, or success. `network` is NULL for calls that belong to none. */
hailo_status stub_fault(struct call *call, const char *network);
/* Reads the configuration again where the file has changed. */
void stub_reload(void);
double stub_frame_time(const char *network);
bool stub_silent(const char *network);
/* The count to write over that of a class of this network: true where one is configured. */
bool stub_nms_lie(const char *network, uint32_t index, float *count);
const struct device_config *stub_device_config(const char *id);

int64_t stub_now(void);
void stub_cond_init(pthread_cond_t *condition);
/* Waits for a signal or until `until`, but not longer than 20 ms, and then reads the configuration again. */
void stub_wait(pthread_cond_t *condition, int64_t until);
void stub_sleep_until(pthread_cond_t *condition, int64_t until);
/* When a call with this timeout gives up. */
int64_t stub_deadline(uint32_t timeout_ms);

/* --- stats.c --- */

void stats_call_begins(const char *function);
void stats_call_ends(void);
void stats_frame(const char *network);
void stats_busy(const char *device, int64_t nanoseconds);
void stats_misuse(const char *function, const char *format, ...) __attribute__((format(printf, 2, 3)));
void stats_problem(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Writes the statistics beside the library: at most ten times a second unless forced. */
void stats_write(bool force);
extern char stub_path[4096];

/* --- handles.c --- */

enum kind { KIND_DEVICE, KIND_VDEVICE, KIND_HEF, KIND_GROUP, KIND_INPUT, KIND_OUTPUT, KIND_ACTIVATION, KIND_COUNT };
extern const char *const kind_names[KIND_COUNT];

void *handle_new(enum kind kind, void *object, bool borrowed);
/* The object, or NULL after recording a misuse. */
void *handle_get(struct call *call, const void *handle, enum kind kind);
void handle_close(const void *handle);
bool handle_borrowed(const void *handle);
uint64_t handle_created(enum kind kind);
uint64_t handle_live(enum kind kind);

/* --- description.c, hef.c --- */

struct channel {
    float zero_point, scale;
};

struct tensor {
    char name[MAX_NAME];
    bool is_input, is_nms;
    uint32_t height, width, features;
    int32_t type, order;
    float zero_point, scale;
    uint32_t channel_count;
    struct channel *channels;
    uint32_t classes, max_per_class;
};

/* Inputs first, then outputs in model order. */
struct description {
    char group[MAX_NAME], network[MAX_NAME];
    bool multi_context;
    uint32_t input_count, output_count;
    struct tensor tensors[2 * MAX_STREAMS];
    enum { COMPUTE_PATTERN, COMPUTE_FILE, COMPUTE_ONNX } compute;
    char argument[512];
};

/* NULL where the text is none. */
struct description *description_parse(const char *text, size_t length);
void description_free(struct description *description);

struct hef {
    struct description *description;
    uint32_t architecture, compiler, checksum;
    char path[4096];
    /* Of hailo_create_hef_buffer: the caller's memory up to 4.20, our copy later. */
    const uint8_t *bytes;
    uint8_t *copy;
    size_t size;
};

/* Reads and checks the file or buffer once more and gives its description. */
hailo_status hef_read_again(const struct hef *hef, struct description **description);

/* --- infos.c --- */

bool has_transformation(const struct tensor *tensor, const hailo_format_t *user);
/* AUTO replaced; an error where the library could not convert. */
hailo_status resolve_format(const struct tensor *tensor, const hailo_format_t *wish, hailo_format_t *result);
void native_format(const struct tensor *tensor, hailo_format_t *format);
size_t frame_size(const struct tensor *tensor, const hailo_format_t *format, uint32_t max_per_class);
size_t native_size(const struct tensor *tensor);
void fill_info(const struct description *description, const struct tensor *tensor, hailo_vstream_info_t *info);
hailo_status copy_quantisations(const struct tensor *tensor, hailo_quant_info_t *infos, size_t *count);
/* Sorted by name. */
hailo_status fill_params(const struct description *description, bool inputs, int32_t type,
                         vstream_params_by_name_t *params, size_t *count);
bool names_group(const struct description *description, const char *name);

/* --- device.c, vdevice.c --- */

struct frame {
    struct frame *next;
    size_t size;
    int64_t at;
    _Alignas(16) uint8_t data[];
};

struct queue {
    struct frame *head, *tail;
    uint32_t count;
};

/* A chip on the bus; never freed, known by its id. */
struct physical {
    char id[32];
    /* Vdevices that hold it, and the group id under which they do. */
    uint32_t users;
    char group_id[64];
    int32_t scheduling;
    pthread_t thread;
    pthread_cond_t work, interrupt;
    bool stop;
    int64_t free_at;
    uint64_t last_group, cursor;
    int backend;
};

struct device {
    char id[32];
};

struct vdevice {
    struct vdevice *next;
    void *handle;
    struct physical *devices[MAX_DEVICES];
    void *borrowed[MAX_DEVICES];
    size_t device_count;
    int32_t scheduling;
    bool lost, service;
    int configuring;
    struct group *groups;
};

extern struct vdevice *stub_vdevices;
struct physical *physical_of(const char *id);
int32_t architecture_of(const struct device_config *device);
hailo_status check_device(const struct device_config *device);
/* The configuration changed: marks vdevices whose device is gone. */
void vdevices_check_lost(void);
void vdevice_wake(const struct vdevice *vdevice);
/* Around configure and creation of vstreams, which the caller must not overlap on one vdevice (§8.3). */
void setup_begin(struct call *call, struct vdevice *vdevice);
void setup_end(struct vdevice *vdevice);

/* --- group.c, vstream.c, io.c, engine.c --- */

struct group {
    struct group *next;
    struct vdevice *vdevice;
    struct description *description;
    void *handle, *activation;
    uint64_t serial;
    uint32_t batch, threshold, timeout_ms;
    uint8_t priority;
    int64_t last_run;
    bool dead, running, active;
    uint64_t jobs;
    /* Answers for outputs that are not open: the low-level streams belong to the group, so the next vstream gets them. */
    struct queue pending[MAX_STREAMS];
    struct vstream *inputs[MAX_STREAMS], *outputs[MAX_STREAMS];
    struct frame *spare[2 * MAX_STREAMS];
};

struct vstream {
    struct group *group;
    const struct tensor *tensor;
    uint32_t index;
    void *handle;
    bool is_input;
    hailo_format_t format;
    size_t size;
    uint32_t timeout_ms, queue_size;
    struct queue queue;
    pthread_cond_t changed;
    int in_call;
    bool closing, used;
    /* Outputs: the caller's buffer that is kept after a timeout (§8.4), and whether the late frame has come. */
    void *late;
    bool late_filled, broken;
    int64_t room_at;
    float score_threshold, iou_threshold;
    uint32_t max_per_class;
};

hailo_status group_shutdown(struct group *group);
void group_free(struct group *group);
struct frame *frame_take(struct group *group, uint32_t slot, size_t size);
void frame_put(struct group *group, uint32_t slot, struct frame *frame);
void queue_push(struct queue *queue, struct frame *frame);
struct frame *queue_pop(struct queue *queue);
/* Waits for calls inside and, for an input, until the device has taken its frames; then frees it. */
void vstream_close(struct vstream *vstream);
void *device_main(void *physical);

/* --- transform.c, nms.c, compute.c --- */

void transform_input(const struct vstream *vstream, const void *user, void *native);
void transform_output(const struct vstream *vstream, const void *native, void *user);
void finish_nms(const struct vstream *vstream, const float *packed, void *user);
void pattern_nms(const struct tensor *tensor, uint64_t sum, float *packed);
/* False: nothing came out, the frame is lost. Called without the lock. */
bool compute(struct physical *physical, const struct description *description, uint64_t job,
             struct frame *const *inputs, struct frame **outputs);
void compute_disconnect(struct physical *physical);

#endif
