/* Boxes by class, packed back to back (hailort-c-api §7). */
#include <math.h>
#include <string.h>

#include "stub.h"

typedef hailo_bbox_float32_t box;

static float overlap(const box *a, const box *b)
{
    float height = fminf(a->y_max, b->y_max) - fmaxf(a->y_min, b->y_min);
    float width = fminf(a->x_max, b->x_max) - fmaxf(a->x_min, b->x_min);
    if (height <= 0 || width <= 0) return 0;
    float both = height * width;
    return both / ((a->y_max - a->y_min) * (a->x_max - a->x_min) + (b->y_max - b->y_min) * (b->x_max - b->x_min) - both);
}

static bool survives(const struct vstream *vstream, const box *candidate, const box *kept, size_t count)
{
    if (candidate->score < vstream->score_threshold) return false;
    for (size_t i = 0; i < count; i++) {
        if (overlap(candidate, &kept[i]) >= vstream->iou_threshold) return false;
    }
    return true;
}

/* What lies behind the last class are records of frames before: whoever reads on finds a sure, large box. */
static void leave_garbage(float *from, const float *end)
{
    static const float old[] = { 1, 0.1f, 0.1f, 0.9f, 0.9f, 0.99f };
    for (size_t i = 0; from < end; i++) *from++ = old[i % 6];
}

void finish_nms(const struct vstream *vstream, const float *packed, void *user)
{
    const struct tensor *tensor = vstream->tensor;
    const float *end = packed + native_size(tensor) / sizeof *packed;
    float *out = user, *out_end = out + vstream->size / sizeof *out;
    float *counts[1024];
    for (uint32_t class = 0; class < tensor->classes; class++) {
        size_t count = packed < end && *packed >= 0 && *packed <= (float)tensor->max_per_class ? (size_t)*packed : 0;
        if (packed < end) packed++;
        if (count > (size_t)(end - packed) / 5) count = 0;
        if (class < 1024) counts[class] = out;
        float *counter = out++;
        size_t kept = 0;
        for (size_t i = 0; i < count; i++, packed += 5) {
            box candidate;
            memcpy(&candidate, packed, sizeof candidate);
            if (kept == vstream->max_per_class || !survives(vstream, &candidate, (const box *)out, kept)) continue;
            memcpy(out + 5 * kept++, &candidate, sizeof candidate);
        }
        *counter = (float)kept;
        out += 5 * kept;
    }
    leave_garbage(out, out_end);
    float lie;
    for (uint32_t class = 0; class < tensor->classes && class < 1024; class++) {
        if (stub_nms_lie(vstream->group->description->network, class, &lie)) *counts[class] = lie;
    }
}

/* Documented in the README: class c has (sum + c) % 3 boxes. */
void pattern_nms(const struct tensor *tensor, uint64_t sum, float *packed)
{
    for (uint32_t class = 0; class < tensor->classes; class++) {
        uint32_t count = (uint32_t)((sum + class) % 3);
        if (count > tensor->max_per_class) count = tensor->max_per_class;
        *packed++ = (float)count;
        for (uint32_t i = 0; i < count; i++) {
            float y = (float)((sum + class) % 64) / 128, x = (float)((sum + i) % 64) / 128;
            box record = { y, x, y + 0.25f, x + 0.25f, 0.875f - 0.125f * (float)i };
            memcpy(packed, &record, sizeof record);
            packed += 5;
        }
    }
}
