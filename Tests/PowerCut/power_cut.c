// Cuts a program's power at a chosen moment of what it does in one folder: loaded before all else (LD_PRELOAD), it ends the
// process with SIGKILL in the place of the N-th call that would change something there.
//
//   POWER_CUT_FOLDER   the folder
//   POWER_CUT_AT       N, from 1 on; without it calls are counted and nothing is cut
//   POWER_CUT_COUNT    calls so far; the shim's own, so that counting goes on when the program starts itself anew
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int is_inside(int fd) {
    const char *folder = getenv("POWER_CUT_FOLDER");
    char link[64], path[512];
    if (folder == NULL || fd < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t count = readlink(link, path, sizeof path - 1);
    if (count <= 0) return 0;
    path[count] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

static void step(int fd) {
    if (!is_inside(fd)) return;
    const char *count = getenv("POWER_CUT_COUNT"), *at = getenv("POWER_CUT_AT");
    int steps = (count == NULL ? 0 : atoi(count)) + 1;
    char text[16];
    snprintf(text, sizeof text, "%d", steps);
    setenv("POWER_CUT_COUNT", text, 1);
    if (at != NULL && steps == atoi(at)) kill(getpid(), SIGKILL);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd) { step(fd); return REAL(fsync)(fd); }
int fdatasync(int fd) { step(fd); return REAL(fdatasync)(fd); }
int ftruncate(int fd, off_t length) { step(fd); return REAL(ftruncate)(fd, length); }
ssize_t write(int fd, const void *bytes, size_t count) { step(fd); return REAL(write)(fd, bytes, count); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    step(fd);
    return REAL(pwrite)(fd, bytes, count, offset);
}
int renameat(int from, const char *old, int to, const char *fresh) {
    step(from);
    return REAL(renameat)(from, old, to, fresh);
}
int unlinkat(int folder, const char *name, int flags) { step(folder); return REAL(unlinkat)(folder, name, flags); }
int openat(int folder, const char *name, int flags, ...) {
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
        step(folder);
    }
    return REAL(openat)(folder, name, flags, mode);
}
