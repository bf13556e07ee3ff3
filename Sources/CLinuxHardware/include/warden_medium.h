/// The journal's medium: a preallocated file or a partition, written in place.
///
/// Every call here may block for as long as the medium likes, so the journal has a thread of its own.
#ifndef WARDEN_MEDIUM_H
#define WARDEN_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Opens the medium, for this process alone. A file that is missing is made, one that is too short is lengthened; its
/// room is reserved and its blocks are written once, so that later writes need neither room nor metadata.
///
/// @param bytes        the size that a file is given; a block device is taken as it is.
/// @param is_read_only set if the medium can be read and not written.
/// @returns a descriptor, or -ENOENT (no such folder), -EACCES, -ENOSPC, -EBUSY if another process has it open as its
///   journal, -EINVAL if a block device is smaller than `bytes`, and others of open(2) and posix_fallocate(3).
int warden_medium_open(const char *_Nonnull path, int64_t bytes, bool *_Nonnull is_read_only);

/// Fills `page` from `offset`. What lies beyond the end of a short medium reads as zeros.
/// @returns 0, or a negative errno value.
int warden_medium_read(int fd, void *_Nonnull page, size_t count, int64_t offset);

/// Writes all of `page` at `offset`. @returns 0, or a negative errno value: -ENOSPC, -EROFS, -EIO.
int warden_medium_write(int fd, const void *_Nonnull page, size_t count, int64_t offset);

/// Makes every write before it durable (fdatasync(2)). @returns 0, or a negative errno value.
int warden_medium_flush(int fd);

/// The size of an existing medium, file or block device. @returns bytes, or a negative errno value.
int64_t warden_medium_size(const char *_Nonnull path);

#endif
