/* HEF files and buffers: header, length, checksum and the description inside (hailort-c-api §9, §9.1). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stub.h"

#define LATEST_HEADER (STUB_VERSION >= 42100 ? 3u : STUB_VERSION >= 42000 ? 2u : 1u)
#define DESCRIPTION_FIELD 2000
#define MAGIC 0x01484546u

static const size_t header_sizes[] = { 32, 28, 44, 56 };

struct content {
    uint32_t architecture, compiler, checksum;
    const char *description;
    size_t description_length;
};

static uint32_t big32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint64_t big64(const uint8_t *bytes)
{
    return (uint64_t)big32(bytes) << 32 | big32(bytes + 4);
}

static uint32_t crc32_of(const uint8_t *bytes, size_t size)
{
    uint32_t value = 0xFFFFFFFF;
    for (size_t i = 0; i < size; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xEDB88320 : value >> 1;
    }
    return ~value;
}

struct reader {
    const uint8_t *at, *end;
    bool bad;
};

static uint64_t varint(struct reader *reader)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (reader->at == reader->end) break;
        uint8_t byte = *reader->at++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return value;
    }
    reader->bad = true;
    return 0;
}

/* The next field of a message: its number, its value, and its bytes where it has any. False at the end. */
static bool next_field(struct reader *reader, uint32_t *field, uint64_t *value, struct reader *bytes)
{
    if (reader->at == reader->end || reader->bad) return false;
    uint64_t tag = varint(reader);
    *field = (uint32_t)(tag >> 3);
    *value = varint(reader);
    *bytes = (struct reader){ reader->at, reader->at, false };
    if (reader->bad || (tag & 7) == 0) return !reader->bad;
    if ((tag & 7) != 2 || *value > (uint64_t)(reader->end - reader->at)) {
        reader->bad = true;
        return false;
    }
    bytes->end = reader->at += *value;
    return true;
}

static bool read_about(struct reader reader, struct content *content)
{
    uint32_t field;
    uint64_t value;
    struct reader bytes;
    while (next_field(&reader, &field, &value, &bytes)) {
        if (field == 1) content->architecture = (uint32_t)value;
        if (field != 3) continue;
        while (bytes.at < bytes.end && (*bytes.at < '0' || *bytes.at > '9')) bytes.at++;
        if (bytes.at < bytes.end) content->compiler = *bytes.at - '0';
        if (bytes.at + 1 < bytes.end && bytes.at[1] >= '0' && bytes.at[1] <= '9') {
            content->compiler = content->compiler * 10 + (bytes.at[1] - '0');
        }
    }
    return !reader.bad;
}

static bool read_protobuf(struct reader reader, struct content *content)
{
    uint32_t field;
    uint64_t value;
    struct reader bytes;
    while (next_field(&reader, &field, &value, &bytes)) {
        if (field == 1 && !read_about(bytes, content)) return false;
        if (field == DESCRIPTION_FIELD) {
            content->description = (const char *)bytes.at;
            content->description_length = value;
        }
    }
    return !reader.bad;
}

static hailo_status read_content(const uint8_t *bytes, size_t size, struct content *content)
{
    memset(content, 0, sizeof *content);
    if (size < 12) return HAILO_FILE_OPERATION_FAILURE;
    uint32_t version = big32(bytes + 4);
    /* From 4.21 on, the version is looked at before the magic: a text file is an unknown version. */
    if (STUB_VERSION >= 42100 && version > LATEST_HEADER) return STATUS_HEF_UNSUPPORTED;
    if (big32(bytes) != MAGIC) return HAILO_INVALID_HEF;
    if (version > LATEST_HEADER) return STATUS_HEF_UNSUPPORTED;
    size_t header = header_sizes[version], protobuf = big32(bytes + 8);
    if (size < header) return HAILO_FILE_OPERATION_FAILURE;
    uint64_t weights = version == 1 ? big64(bytes + 16) : version >= 2 ? big64(bytes + 20) : size - header - protobuf;
    if (size - header < protobuf || size - header - protobuf != weights) return STATUS_HEF_CORRUPTED;
    content->checksum = version == 0 ? big32(bytes + 28) : version == 1 ? big32(bytes + 12) : (uint32_t)big64(bytes + 12);
    if (crc32_of(bytes + header, size - header) != content->checksum) return STATUS_HEF_CORRUPTED;
    struct reader reader = { bytes + header, bytes + header + protobuf, false };
    return read_protobuf(reader, content) ? HAILO_SUCCESS : HAILO_INVALID_HEF;
}

static hailo_status read_file(const char *path, uint8_t **bytes, size_t *size)
{
    *bytes = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return HAILO_OPEN_FILE_FAILURE;
    struct stat info;
    hailo_status status = HAILO_FILE_OPERATION_FAILURE;
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
        *size = (size_t)info.st_size;
        *bytes = malloc(*size);
        size_t done = 0;
        ssize_t got = 1;
        while (*bytes != NULL && done < *size && (got = read(file, *bytes + done, *size - done)) > 0) done += (size_t)got;
        if (*bytes != NULL && done == *size) status = HAILO_SUCCESS;
    }
    close(file);
    return status;
}

static hailo_status parse(const uint8_t *bytes, size_t size, struct content *content, struct description **description)
{
    hailo_status status = read_content(bytes, size, content);
    if (status != HAILO_SUCCESS) return status;
    if (content->description == NULL) {
        stats_problem("a HEF without a description for the stub");
        return HAILO_INVALID_HEF;
    }
    *description = description_parse(content->description, content->description_length);
    return *description == NULL ? HAILO_INVALID_HEF : HAILO_SUCCESS;
}

hailo_status hef_read_again(const struct hef *hef, struct description **description)
{
    uint8_t *file = NULL;
    size_t size = hef->size;
    const uint8_t *bytes = hef->bytes;
    if (bytes == NULL) {
        hailo_status status = read_file(hef->path, &file, &size);
        if (status != HAILO_SUCCESS) {
            free(file);
            return status;
        }
        bytes = file;
    }
    struct content content;
    hailo_status status = parse(bytes, size, &content, description);
    free(file);
    if (status == HAILO_SUCCESS && content.checksum != hef->checksum) {
        description_free(*description);
        return STATUS_HEF_CORRUPTED;
    }
    return status;
}

/* The real library hashes the file through a block of this size on the stack: a small stack dies here, as it does there. */
__attribute__((noinline)) static uint8_t touch_stack(void)
{
    volatile uint8_t block[256 * 1024];
    for (size_t i = 0; i < sizeof block; i += 1024) block[i] = (uint8_t)i;
    return block[4096];
}

static hailo_status finish(struct call *call, struct hef *hef, const struct content *content, hailo_status status, hailo_hef *result)
{
    if (status != HAILO_SUCCESS) {
        free(hef->copy);
        free(hef);
        return status;
    }
    if (STUB_MAJOR < 5 && (content->architecture > 3 || content->compiler >= 5)) {
        stats_misuse(call->function, "a HEF for architecture %u by compiler %u can crash this version", content->architecture,
                     content->compiler);
    }
    hef->architecture = content->architecture;
    hef->compiler = content->compiler;
    hef->checksum = content->checksum;
    *result = handle_new(KIND_HEF, hef, false);
    return HAILO_SUCCESS;
}

static hailo_status create_file(struct call *call, hailo_hef *result, const char *path)
{
    hailo_status status = stub_fault(call, NULL);
    if (status != HAILO_SUCCESS) return status;
    if (result == NULL || path == NULL) return HAILO_INVALID_ARGUMENT;
    struct hef *hef = calloc(1, sizeof *hef);
    if (hef == NULL) return HAILO_OUT_OF_HOST_MEMORY;
    snprintf(hef->path, sizeof hef->path, "%s", path);
    touch_stack();
    uint8_t *bytes;
    size_t size = 0;
    struct content content = { 0 };
    status = read_file(path, &bytes, &size);
    if (status == HAILO_SUCCESS) status = parse(bytes, size, &content, &hef->description);
    free(bytes);
    return finish(call, hef, &content, status, result);
}

API hailo_status hailo_create_hef_file(hailo_hef *hef, const char *file_name)
{
    STUB_CALL(create_file(&call, hef, file_name));
}

static hailo_status create_buffer(struct call *call, hailo_hef *result, const void *buffer, size_t size)
{
    hailo_status status = stub_fault(call, NULL);
    if (status != HAILO_SUCCESS) return status;
    if (result == NULL || buffer == NULL) return HAILO_INVALID_ARGUMENT;
    struct hef *hef = calloc(1, sizeof *hef);
    if (hef == NULL) return HAILO_OUT_OF_HOST_MEMORY;
    hef->size = size;
    hef->bytes = buffer;
    /* Up to 4.20 only the caller's pointer is kept (§1). */
    if (STUB_VERSION >= 42100) {
        hef->bytes = hef->copy = malloc(size > 0 ? size : 1);
        if (hef->copy == NULL) {
            free(hef);
            return HAILO_OUT_OF_HOST_MEMORY;
        }
        memcpy(hef->copy, buffer, size);
    }
    struct content content;
    status = parse(hef->bytes, size, &content, &hef->description);
    return finish(call, hef, &content, status, result);
}

API hailo_status hailo_create_hef_buffer(hailo_hef *hef, const void *buffer, size_t size)
{
    STUB_CALL(create_buffer(&call, hef, buffer, size));
}

static hailo_status release(struct call *call, hailo_hef handle)
{
    struct hef *hef = handle_get(call, handle, KIND_HEF);
    if (hef == NULL) return HAILO_INVALID_ARGUMENT;
    handle_close(handle);
    description_free(hef->description);
    free(hef->copy);
    free(hef);
    return stub_fault(call, NULL);
}

API hailo_status hailo_release_hef(hailo_hef hef)
{
    STUB_CALL(release(&call, hef));
}
