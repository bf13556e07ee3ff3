#define _GNU_SOURCE
#include "warden_medium.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t size_of(int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0) return -errno;
    if (S_ISDIR(status.st_mode)) return -EISDIR;
    if (!S_ISBLK(status.st_mode)) return status.st_size;
    uint64_t bytes = 0;
    return ioctl(fd, BLKGETSIZE64, &bytes) == 0 ? (int64_t)bytes : -errno;
}

// The folder must know the new file before anything in it can be called durable.
static void flush_folder(const char *path) {
    char folder[512];
    const char *slash = strrchr(path, '/');
    size_t count = slash == NULL ? 0 : (size_t)(slash - path);
    if (count >= sizeof folder) return;
    memcpy(folder, path, count);
    folder[count] = 0;
    int fd = open(slash == NULL ? "." : count == 0 ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

// Writes zeros up to `bytes`. Growing in order keeps the size as the record of how far it came.
static int fill(int fd, int64_t from, int64_t bytes) {
    enum { PIECE = 65536 };
    // Says at once if there is no room; file systems that cannot reserve say it while writing.
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes) != 0 && errno != EOPNOTSUPP && errno != ENOSYS) return -errno;
    // Zeros from the kernel, private and never written: they take room neither in the program nor in memory for long.
    void *zeros = mmap(NULL, PIECE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (zeros == MAP_FAILED) return -errno;
    int error = 0;
    while (error == 0 && from < bytes) {
        size_t count = bytes - from < PIECE ? (size_t)(bytes - from) : PIECE;
        ssize_t done = pwrite(fd, zeros, count, from);
        if (done > 0) from += done;
        if (done == 0) error = -EIO;
        if (done < 0 && errno != EINTR) error = -errno;
    }
    if (error == 0 && fsync(fd) != 0) error = -errno;
    munmap(zeros, PIECE);
    return error;
}

static int prepare(int fd, const char *path, int64_t bytes, bool is_read_only) {
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return -EBUSY;
    struct stat status;
    if (fstat(fd, &status) != 0) return -errno;
    int64_t size = size_of(fd);
    if (size < 0) return (int)size;
    if (size >= bytes) return 0;
    if (S_ISBLK(status.st_mode)) return -EINVAL;
    if (!S_ISREG(status.st_mode)) return -EINVAL;
    if (is_read_only) return 0;
    int filled = fill(fd, size, bytes);
    if (filled == 0) flush_folder(path);
    return filled;
}

int warden_medium_open(const char *path, int64_t bytes, bool *is_read_only) {
    *is_read_only = false;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EROFS || errno == EACCES || errno == EPERM)) {
        int cause = errno;
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) return -cause;
        *is_read_only = true;
    }
    if (fd < 0) return -errno;
    int prepared = prepare(fd, path, bytes, *is_read_only);
    if (prepared == 0) return fd;
    close(fd);
    return prepared;
}

int warden_medium_read(int fd, void *page, size_t count, int64_t offset) {
    size_t have = 0;
    while (have < count) {
        ssize_t done = pread(fd, (char *)page + have, count - have, offset + (int64_t)have);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return -errno;
        if (done == 0) break;
        have += (size_t)done;
    }
    memset((char *)page + have, 0, count - have);
    return 0;
}

int warden_medium_write(int fd, const void *page, size_t count, int64_t offset) {
    size_t have = 0;
    while (have < count) {
        ssize_t done = pwrite(fd, (const char *)page + have, count - have, offset + (int64_t)have);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return -errno;
        if (done == 0) return -EIO;
        have += (size_t)done;
    }
    return 0;
}

int warden_medium_flush(int fd) {
    int status;
    do status = fdatasync(fd);
    while (status != 0 && errno == EINTR);
    return status == 0 ? 0 : -errno;
}

int64_t warden_medium_size(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int64_t size = size_of(fd);
    close(fd);
    return size;
}
