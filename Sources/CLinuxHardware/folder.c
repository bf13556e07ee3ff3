#define _GNU_SOURCE
#include "warden_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "warden_process.h"

enum { OWNER_ONLY = 0600 };

int warden_folder_open(const char *path) {
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return -errno;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    int cause = errno;
    close(fd);
    return cause == EWOULDBLOCK ? -EBUSY : -cause;
}

int warden_folder_file(int folder, const char *name) {
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd >= 0 ? fd : -errno;
}

int warden_folder_make(int folder, const char *name, bool is_emptied) {
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (is_emptied ? O_TRUNC : 0);
    int fd = openat(folder, name, flags, OWNER_ONLY);
    return fd >= 0 ? fd : -errno;
}

static int synchronise(int fd) {
    int status;
    do status = fsync(fd);
    while (status != 0 && errno == EINTR);
    return status == 0 ? 0 : -errno;
}

static int write_whole(int fd, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t done = write(fd, bytes, count);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return done == 0 ? -EIO : -errno;
        bytes += done;
        count -= (size_t)done;
    }
    return synchronise(fd);
}

int warden_folder_rename(int folder, const char *from, const char *to) {
    if (renameat(folder, from, folder, to) != 0) return -errno;
    return synchronise(folder);
}

int warden_folder_replace(int folder, const char *name, const void *bytes, size_t count) {
    char fresh[64];
    if (snprintf(fresh, sizeof fresh, "%s.new", name) >= (int)sizeof fresh) return -ENAMETOOLONG;
    int fd = warden_folder_make(folder, fresh, true);
    if (fd < 0) return fd;
    int status = write_whole(fd, bytes, count);
    close(fd);
    return status == 0 ? warden_folder_rename(folder, fresh, name) : status;
}

int warden_folder_remove(int folder, const char *name) {
    return unlinkat(folder, name, 0) == 0 || errno == ENOENT ? 0 : -errno;
}

int warden_file_cut(int fd, int64_t bytes) { return ftruncate(fd, bytes) == 0 ? 0 : -errno; }

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Reads to the end of the output, or until the time is up. @returns 0 or -ETIMEDOUT.
static int gather(int fd, char *output, size_t capacity, size_t *length, int64_t deadline) {
    char rest[256];
    for (;;) {
        int64_t left = deadline - now_ms();
        if (left <= 0) return -ETIMEDOUT;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, (int)left) <= 0) continue;
        int has_room = *length < capacity;
        ssize_t count = has_room ? read(fd, output + *length, capacity - *length) : read(fd, rest, sizeof rest);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return 0;
        if (has_room) *length += (size_t)count;
    }
}

static int spawn(const char *const *arguments, int output, pid_t *process) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    char *empty[] = {NULL};
    int error = posix_spawn(process, "/proc/self/exe", &files, &attributes, (char *const *)arguments, empty);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return -error;
}

int warden_program_run(
    const char *const *arguments, char *output, size_t capacity, size_t *length, int timeout_ms) {
    *length = 0;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    pid_t process = 0;
    int status = spawn(arguments, ends[1], &process);
    close(ends[1]);
    if (status == 0) {
        status = gather(ends[0], output, capacity, length, now_ms() + timeout_ms);
        if (status != 0) kill(process, SIGKILL);
        int ended = 0;
        while (waitpid(process, &ended, 0) < 0 && errno == EINTR) {}
        if (status == 0) status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 256 + WTERMSIG(ended);
    }
    close(ends[0]);
    return status;
}

// MARK: Starting anew

static const char kept_lines[] = "WARDEN_KEPT_LINES";

// What the kernel calls a claimed line (drivers/gpio/gpiolib-cdev.c): "gpio-linehandle" of the older interface and
// "gpio-line" of the newer one.
static bool is_line(int fd) {
    static const char prefix[] = "anon_inode:gpio-line";
    char path[32], target[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t count = readlink(path, target, sizeof target);
    return count >= (ssize_t)sizeof prefix - 1 && memcmp(target, prefix, sizeof prefix - 1) == 0;
}

enum { MOST_DESCRIPTORS = 1024, MOST_TEXT = 4096 };

static void keep_claimed_lines(void) {
    static char list[MOST_TEXT];
    size_t length = 0;
    for (int fd = 3; fd < MOST_DESCRIPTORS && length + 8 < sizeof list; fd++) {
        if (!is_line(fd) || fcntl(fd, F_SETFD, 0) != 0) continue;
        length += (size_t)snprintf(list + length, sizeof list - length, "%d ", fd);
    }
    if (length > 0) setenv(kept_lines, list, 1);
}

int warden_program_restart(void) {
    keep_claimed_lines();
    execv("/proc/self/exe", warden_arguments());
    return -errno;
}

void warden_program_release_lines(void) {
    const char *text = getenv(kept_lines);
    if (text == NULL) return;
    char *end;
    for (long fd = strtol(text, &end, 10); end != text; fd = strtol(text, &end, 10)) {
        if (fd > 2 && fd < MOST_DESCRIPTORS && is_line((int)fd)) close((int)fd);
        text = end;
    }
    unsetenv(kept_lines);
}
