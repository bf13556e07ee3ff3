// Counts what a program allocates once it is at work: loaded into it before all else (LD_PRELOAD).
//
// The program says itself when it is ready and when it begins to end (sd_notify's "READY=1" and "STOPPING=1"). When it has
// ended, a line is written to the file named by ALLOCATION_COUNTER: how often memory was asked for before it was ready,
// how often from then on, and the first sizes of those; `N never-ready` from a program that did not say so.
//
// NOTIFY_SOCKET must be set for the program to say anything, to any path: nobody needs to listen. With
// ALLOCATION_COUNTER_FAULT set, memory is asked for once right after "READY=1", to show that it is noticed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The C library's own, which stay reachable under these names when the usual ones are replaced.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum { SIZES_KEPT = 16 };

static atomic_bool is_ready, is_over;
static atomic_ulong count_before, count;
static atomic_size_t sizes[SIZES_KEPT];

static void note(size_t size) {
    if (is_over) return;
    if (!is_ready) {
        count_before++;
        return;
    }
    unsigned long number = count++;
    if (number < SIZES_KEPT) sizes[number] = size;
}

void *malloc(size_t size) {
    note(size);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    note(number * size);
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    note(size);
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    note(size);
    void *result = __libc_memalign(alignment, size);
    if (result == NULL) return ENOMEM;
    *block = result;
    return 0;
}

ssize_t sendto(
    int fd, const void *bytes, size_t length, int flags, const struct sockaddr *address, socklen_t address_length) {
    static __typeof__(&sendto) real;
    if (real == NULL) real = (__typeof__(&sendto))dlsym(RTLD_NEXT, "sendto");
    ssize_t sent = real(fd, bytes, length, flags, address, address_length);
    if (length == 7 && memcmp(bytes, "READY=1", 7) == 0) {
        is_ready = true;
        // Through a variable, or the compiler leaves both out.
        static void *volatile fault;
        if (getenv("ALLOCATION_COUNTER_FAULT") != NULL) fault = malloc(4711);
        free(fault);
    }
    if (length == 10 && memcmp(bytes, "STOPPING=1", 10) == 0) is_over = true;
    return sent;
}

__attribute__((destructor)) static void report(void) {
    is_over = true;
    const char *path = getenv("ALLOCATION_COUNTER");
    if (path == NULL) return;
    char text[512];
    int length = snprintf(text, sizeof(text), "%lu ", (unsigned long)count_before);
    length += is_ready ? snprintf(text + length, sizeof(text) - (size_t)length, "%lu", (unsigned long)count)
                       : snprintf(text + length, sizeof(text) - (size_t)length, "never-ready");
    for (unsigned index = 0; is_ready && index < count && index < SIZES_KEPT; index++) {
        length += snprintf(text + length, sizeof(text) - (size_t)length, " %zu", (size_t)sizes[index]);
    }
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (fd >= 0 && write(fd, text, (size_t)length) == length) close(fd);
}
