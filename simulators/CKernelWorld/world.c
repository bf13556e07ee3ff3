#define _GNU_SOURCE
#include "CKernelWorld.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int make_raw(int fd) {
    struct termios mode;
    if (tcgetattr(fd, &mode) != 0) return -errno;
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL;
    return tcsetattr(fd, TCSANOW, &mode) == 0 ? 0 : -errno;
}

int kernel_world_serial_open(const char *path) {
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -errno;
    int status = make_raw(fd);
    if (status == 0) return fd;
    close(fd);
    return status;
}

int kernel_world_open(const char *path, bool for_writing) {
    int fd = open(path, (for_writing ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int kernel_world_terminal_make(char *path, size_t capacity) {
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int status = grantpt(fd) != 0 || unlockpt(fd) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ? -errno : make_raw(fd);
    if (status == 0) status = -ptsname_r(fd, path, capacity);
    if (status == 0) return fd;
    close(fd);
    return status;
}

long kernel_world_read(int fd, void *bytes, size_t count) {
    ssize_t taken = read(fd, bytes, count);
    return taken >= 0 ? taken : errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

long kernel_world_write(int fd, const void *bytes, size_t count) {
    ssize_t taken = write(fd, bytes, count);
    return taken >= 0 ? taken : errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

void kernel_world_close(int fd) { close(fd); }

int64_t kernel_world_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int kernel_world_clock_set(int64_t unix_ms, bool is_synchronised) {
    struct timespec time = {.tv_sec = unix_ms / 1000, .tv_nsec = unix_ms % 1000 * 1000000};
    if (clock_settime(CLOCK_REALTIME, &time) != 0) return -errno;
    // The kernel counts its clock as synchronised while STA_UNSYNC is off and the error that it assumes is small.
    struct timex state = {
        .modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, .status = is_synchronised ? STA_PLL : STA_UNSYNC,
        .maxerror = is_synchronised ? 1000 : 16000000, .esterror = is_synchronised ? 1000 : 16000000};
    return adjtimex(&state) < 0 ? -errno : 0;
}

int kernel_world_start(const char *const *arguments, const char *output, const char *log) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (output != NULL) {
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    }
    pid_t process = 0;
    int status = posix_spawn(&process, arguments[0], &files, NULL, (char *const *)arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    return status == 0 ? process : -status;
}

bool kernel_world_has_ended(int process, int *status) { return waitpid(process, status, WNOHANG) == process; }

void kernel_world_signal(int process, int signal) { kill(process, signal); }

void kernel_world_be_punctual(void) { prctl(PR_SET_TIMERSLACK, 1UL); }

static struct pollfd watched[64];
static nfds_t watched_count;

void kernel_world_watch_none(void) { watched_count = 0; }

void kernel_world_watch(int fd) {
    if (watched_count < sizeof(watched) / sizeof(watched[0])) {
        watched[watched_count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
}

void kernel_world_wait(int64_t nanoseconds) {
    int64_t left = nanoseconds < 0 ? 0 : nanoseconds;
    struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    if (ppoll(watched, watched_count, &timeout, NULL) >= 0) return;
    for (nfds_t place = 0; place < watched_count; place++) watched[place].revents = 0;
}

bool kernel_world_has_input(int place) { return (watched[place].revents & (POLLIN | POLLERR)) != 0; }
