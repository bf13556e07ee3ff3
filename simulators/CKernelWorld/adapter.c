#define _GNU_SOURCE
#include "CKernelWorld.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

// CUSE as include/uapi/linux/fuse.h has it: requests are read from /dev/cuse, answers are written to it. A control call
// of unknown form is made known step by step: the answer asks for it again with the memory that it points to.

#define MESSAGES 2
// The same call comes again, with more of the caller's memory.
#define ASKED_AGAIN 2

static union {
    struct fuse_in_header header;
    uint8_t bytes[FUSE_MIN_READ_BUFFER + 4096];
} request;

static int answer(int adapter, uint64_t identity, int error, const void *head, size_t head_count, const void *tail,
                  size_t tail_count) {
    struct fuse_out_header header = {
        .len = (uint32_t)(sizeof(header) + head_count + tail_count), .error = error, .unique = identity};
    struct iovec parts[3] = {
        {&header, sizeof(header)}, {(void *)head, head_count}, {(void *)tail, tail_count}};
    return writev(adapter, parts, 3) < 0 ? -errno : 0;
}

static int answer_control(int adapter, uint64_t identity, int result, const void *bytes, size_t count) {
    struct fuse_ioctl_out out = {.result = result};
    return answer(adapter, identity, 0, &out, sizeof(out), bytes, count);
}

// Asks for the same call with these pieces of the caller's memory.
static int ask_again(int adapter, uint64_t identity, const struct fuse_ioctl_iovec *pieces, uint32_t in, uint32_t out) {
    struct fuse_ioctl_out head = {.flags = FUSE_IOCTL_RETRY, .in_iovs = in, .out_iovs = out};
    int status = answer(adapter, identity, 0, &head, sizeof(head), pieces, (in + out) * sizeof(*pieces));
    return status != 0 ? status : ASKED_AGAIN;
}

int kernel_world_adapter_make(const char *name) {
    int adapter = open("/dev/cuse", O_RDWR | O_CLOEXEC);
    if (adapter < 0) return -errno;
    if (read(adapter, &request, sizeof(request)) < (ssize_t)sizeof(request.header) ||
        request.header.opcode != CUSE_INIT) {
        close(adapter);
        return -EPROTO;
    }
    struct cuse_init_out out = {
        .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .flags = CUSE_UNRESTRICTED_IOCTL,
        .max_read = 4096, .max_write = 4096};
    char text[128];
    int length = snprintf(text, sizeof(text), "DEVNAME=%s", name);
    int status = answer(adapter, request.header.unique, 0, &out, sizeof(out), text, (size_t)length + 1);
    if (status != 0 || fcntl(adapter, F_SETFL, O_NONBLOCK) != 0) {
        close(adapter);
        return status != 0 ? status : -errno;
    }
    return adapter;
}

// One write, one read, or a write and a read: what the board's programs ask for.
static bool is_supported(const struct i2c_msg *messages, uint32_t count) {
    if (count == 0 || count > MESSAGES) return false;
    for (uint32_t place = 0; place < count; place++) {
        if (messages[place].len > KERNEL_WORLD_BYTES || (messages[place].flags & ~I2C_M_RD) != 0) return false;
    }
    if (count == 1) return true;
    return (messages[0].flags & I2C_M_RD) == 0 && (messages[1].flags & I2C_M_RD) != 0 &&
        messages[0].addr == messages[1].addr;
}

static int take_transfer(int adapter, const struct fuse_ioctl_in *call, kernel_world_transfer *transfer) {
    const uint8_t *bytes = (const uint8_t *)(call + 1);
    struct fuse_ioctl_iovec pieces[2 + MESSAGES] = {{.base = call->arg, .len = sizeof(struct i2c_rdwr_ioctl_data)}};
    if (call->in_size == 0) return ask_again(adapter, request.header.unique, pieces, 1, 0);

    struct i2c_rdwr_ioctl_data data;
    memcpy(&data, bytes, sizeof(data));
    if (data.nmsgs == 0 || data.nmsgs > MESSAGES) {
        return answer_control(adapter, request.header.unique, -EOPNOTSUPP, NULL, 0);
    }
    size_t table = data.nmsgs * sizeof(struct i2c_msg);
    pieces[1] = (struct fuse_ioctl_iovec){.base = (uint64_t)(uintptr_t)data.msgs, .len = table};
    if (call->in_size == sizeof(data)) return ask_again(adapter, request.header.unique, pieces, 2, 0);

    struct i2c_msg messages[MESSAGES];
    memcpy(messages, bytes + sizeof(data), table);
    if (!is_supported(messages, data.nmsgs)) {
        return answer_control(adapter, request.header.unique, -EOPNOTSUPP, NULL, 0);
    }
    uint32_t in = 2, out = 0;
    transfer->write_count = 0;
    transfer->read_count = 0;
    for (uint32_t place = 0; place < data.nmsgs; place++) {
        bool reads = (messages[place].flags & I2C_M_RD) != 0;
        if (reads) transfer->read_count = messages[place].len; else transfer->write_count = messages[place].len;
        if (messages[place].len == 0) continue;
        // What goes in stands before what comes out; a read is the last message.
        pieces[2 + out + (in - 2)] =
            (struct fuse_ioctl_iovec){.base = (uint64_t)(uintptr_t)messages[place].buf, .len = messages[place].len};
        if (reads) out++; else in++;
    }
    bool is_whole = call->in_size == sizeof(data) + table + transfer->write_count &&
        call->out_size == transfer->read_count;
    // A transfer without bytes is whole at once: the address alone is asked for.
    if (!is_whole) return ask_again(adapter, request.header.unique, pieces, in, out);
    memcpy(transfer->write, bytes + sizeof(data) + table, transfer->write_count);
    transfer->identity = request.header.unique;
    transfer->address = (uint8_t)messages[0].addr;
    transfer->messages = (uint8_t)data.nmsgs;
    return 1;
}

static int take_control(int adapter, kernel_world_transfer *transfer) {
    const struct fuse_ioctl_in *call = (const struct fuse_ioctl_in *)(request.bytes + sizeof(request.header));
    uint64_t identity = request.header.unique;
    unsigned long functions = I2C_FUNC_I2C;
    struct fuse_ioctl_iovec piece = {.base = call->arg, .len = sizeof(functions)};
    switch (call->cmd) {
    case I2C_FUNCS:
        if (call->out_size == 0) return ask_again(adapter, identity, &piece, 0, 1);
        return answer_control(adapter, identity, 0, &functions, sizeof(functions));
    case I2C_TIMEOUT:
    case I2C_RETRIES:
    case I2C_SLAVE:
        return answer_control(adapter, identity, 0, NULL, 0);
    case I2C_RDWR:
        return take_transfer(adapter, call, transfer);
    default:
        return answer_control(adapter, identity, -ENOTTY, NULL, 0);
    }
}

static int take_call(int adapter, kernel_world_transfer *transfer) {
    ssize_t count = read(adapter, &request, sizeof(request));
    if (count < 0) return errno == EAGAIN || errno == EINTR || errno == ENOENT ? 0 : -errno;
    if (count < (ssize_t)sizeof(request.header)) return -EPROTO;
    struct fuse_open_out opened = {0};
    switch (request.header.opcode) {
    case FUSE_OPEN:
        return answer(adapter, request.header.unique, 0, &opened, sizeof(opened), NULL, 0);
    case FUSE_IOCTL:
        return take_control(adapter, transfer);
    case FUSE_INTERRUPT:
        return 0;  // the caller waits on until it is answered, or is killed
    case FUSE_RELEASE:
    case FUSE_FLUSH:
        return answer(adapter, request.header.unique, 0, NULL, 0, NULL, 0);
    default:
        return answer(adapter, request.header.unique, -ENOSYS, NULL, 0, NULL, 0);
    }
}

int kernel_world_adapter_take(int adapter, kernel_world_transfer *transfer) {
    int status = take_call(adapter, transfer);
    // It is there as soon as the caller's thread has had its turn; a caller that was killed does not come back.
    struct pollfd again = {.fd = adapter, .events = POLLIN};
    while (status == ASKED_AGAIN && poll(&again, 1, 1) > 0) status = take_call(adapter, transfer);
    return status == ASKED_AGAIN ? 0 : status;
}

void kernel_world_adapter_answer(
    int adapter, const kernel_world_transfer *transfer, int status, const uint8_t *bytes) {
    bool is_done = status == 0;
    answer_control(
        adapter, transfer->identity, is_done ? transfer->messages : status, bytes, is_done ? transfer->read_count : 0);
}
