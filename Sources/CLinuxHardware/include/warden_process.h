/// The process and its threads.
#ifndef WARDEN_PROCESS_H
#define WARDEN_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Ends the process with an exit code of 0 to 255; standard output is flushed first.
_Noreturn void warden_exit(int code);

/// How many arguments the program was started with, its own name not counted.
int warden_argument_count(void);

/// An argument, counted from 0, for as long as the process lives. `index` must be below `warden_argument_count()`.
const char *_Nonnull warden_argument(int index);

/// All of them as execve(2) takes them, the program's own name first.
char *_Nullable *_Nonnull warden_arguments(void);

/// The user that the process acts as.
uint32_t warden_user(void);

/// Keeps everything that the process has and will have in memory, so that no page is waited for.
///
/// @returns 0, or a negative errno value: -EPERM and -ENOMEM where the limit of locked memory is too low (mlockall(2)).
int warden_memory_lock(void);

/// Has the calling thread, and none that it starts, run before everything that is not real-time (SCHED_FIFO, sched(7)).
///
/// @param priority 1 to 99.
/// @returns 0, or a negative errno value: -EPERM where it is not allowed.
int warden_real_time(int priority);

/// A variable of the environment, or NULL.
const char *_Nullable warden_environment(const char *_Nonnull name);


/// A thread that runs until its function returns. Lies where its owner puts it, and must not move before it is joined.
/// The fields are the shim's own.
typedef struct {
    uint64_t handle;
    void (*_Nullable body)(void *_Nullable);
    void *_Nullable context;
} warden_thread;

/// Starts a thread with signals blocked, so that they reach the thread that decides.
///
/// @param thread      filled in; hand it to `warden_thread_join`.
/// @param name        shown by `ps -L` and in stack traces; 15 bytes at the most, or NULL.
/// @param stack_bytes size of the thread's stack, raised to the processor's minimum; allocated here, once.
/// @param body        called with `context` on the new thread.
/// @returns 0, or -EAGAIN, -EINVAL, -ENOMEM as pthread_create(3) names them.
int warden_thread_start(
    warden_thread *_Nonnull thread, const char *_Nullable name, size_t stack_bytes,
    void (*_Nonnull body)(void *_Nullable), void *_Nullable context);

/// Waits until the thread's function has returned, or for so long.
///
/// @returns whether it has; one that has not may still use what it was given.
bool warden_thread_join(warden_thread *_Nonnull thread, uint32_t patience_ms);

/// value * 2^exponent, by C's own ldexp(3): a call whose arguments show whether Swift and C agree on the float ABI.
double warden_scale(double value, int exponent);

#endif
