/// A folder in which a program keeps small files of its own, and the program itself: run for a check, started anew.
///
/// Every call here may block for as long as the disk likes, so it is for threads that may wait, or for the start.
#ifndef WARDEN_FOLDER_H
#define WARDEN_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Opens a folder for this process alone; makes it, for its owner alone, if it is not there.
///
/// @returns a descriptor, or -EBUSY if another process has it open so, -ENOTDIR, -EACCES, -EROFS, and others of open(2).
int warden_folder_open(const char *_Nonnull path);

/// Opens a file of a folder for reading. @returns a descriptor, or a negative errno value: -ENOENT.
int warden_folder_file(int folder, const char *_Nonnull name);

/// Opens a file of a folder for reading and writing; makes it, for its owner alone, if it is not there.
///
/// @param is_emptied whether what it holds is dropped.
/// @returns a descriptor, or a negative errno value.
int warden_folder_make(int folder, const char *_Nonnull name, bool is_emptied);

/// Replaces a file whole: after a power cut at any moment it is the old one or the new one. Durable once it returns.
/// @returns 0, or a negative errno value; the old file is then as it was.
int warden_folder_replace(int folder, const char *_Nonnull name, const void *_Nonnull bytes, size_t count);

/// Gives a file the name of another, which it replaces. Durable once it returns. @returns 0, or a negative errno value.
int warden_folder_rename(int folder, const char *_Nonnull from, const char *_Nonnull to);

/// Removes a file; one that is not there is no error. @returns 0, or a negative errno value.
int warden_folder_remove(int folder, const char *_Nonnull name);

/// Cuts a file to a length. @returns 0, or a negative errno value.
int warden_file_cut(int fd, int64_t bytes);

/// Runs this very program with other arguments, an empty environment and nothing open but its output.
///
/// @param arguments  what it is started with, its name first, up to a null pointer.
/// @param output     filled with what it writes to standard output.
/// @param capacity   bytes that `output` has room for; what goes beyond is dropped.
/// @param length     set to the bytes that `output` holds.
/// @param timeout_ms it is killed after this time.
/// @returns its exit code, 0 to 255; 256 and more if a signal ended it; -ETIMEDOUT, or another negative errno value.
int warden_program_run(
    const char *_Nullable const *_Nonnull arguments, char *_Nonnull output, size_t capacity, size_t *_Nonnull length,
    int timeout_ms);

/// Starts this very program anew in the same process, with the same arguments and environment. GPIO lines that are claimed
/// stay claimed, with the levels that they have, until the new start calls `warden_program_release_lines`.
///
/// @returns a negative errno value; does not return otherwise.
int warden_program_restart(void);

/// Gives back the lines that were kept over a restart, so that they can be claimed; to be called directly before that.
void warden_program_release_lines(void);

#endif
