/*
 * Handles are numbers that no memory lies behind, and no number is given twice: use after release is noticed whatever the
 * allocator does, and whoever looks behind a handle crashes.
 */
#include <stdlib.h>

#include "stub.h"

#define BASE 0x5AFE00000000ULL

struct slot {
    enum kind kind;
    bool live, borrowed;
    void *object;
};

const char *const kind_names[KIND_COUNT] = { "device", "vdevice", "hef", "group", "input", "output", "activation" };
static struct slot *slots;
static size_t slot_count, slot_capacity;
static uint64_t created[KIND_COUNT], live[KIND_COUNT];

void *handle_new(enum kind kind, void *object, bool borrowed)
{
    if (slot_count == slot_capacity) {
        slot_capacity = slot_capacity == 0 ? 256 : slot_capacity * 2;
        slots = realloc(slots, slot_capacity * sizeof *slots);
        if (slots == NULL) abort();
    }
    slots[slot_count] = (struct slot){ kind, true, borrowed, object };
    if (!borrowed) {
        created[kind]++;
        live[kind]++;
    }
    return (void *)(uintptr_t)(BASE + 16 * ++slot_count);
}

static struct slot *slot_of(const void *handle)
{
    uint64_t value = (uint64_t)(uintptr_t)handle;
    if (value <= BASE || value % 16 != BASE % 16 || (value - BASE) / 16 > slot_count) return NULL;
    return &slots[(value - BASE) / 16 - 1];
}

void *handle_get(struct call *call, const void *handle, enum kind kind)
{
    const struct slot *slot = slot_of(handle);
    if (handle == NULL) stats_misuse(call->function, "NULL where a %s is wanted", kind_names[kind]);
    else if (slot == NULL) stats_misuse(call->function, "%p is no handle", handle);
    else if (slot->kind != kind) {
        stats_misuse(call->function, "a %s where a %s is wanted", kind_names[slot->kind], kind_names[kind]);
    } else if (!slot->live) stats_misuse(call->function, "use of a released %s", kind_names[kind]);
    else return slot->object;
    return NULL;
}

void handle_close(const void *handle)
{
    struct slot *slot = slot_of(handle);
    slot->live = false;
    slot->object = NULL;
    if (!slot->borrowed) live[slot->kind]--;
}

bool handle_borrowed(const void *handle)
{
    return slot_of(handle)->borrowed;
}

uint64_t handle_created(enum kind kind)
{
    return created[kind];
}

uint64_t handle_live(enum kind kind)
{
    return live[kind];
}
