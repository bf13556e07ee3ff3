#define _GNU_SOURCE
#include "warden_process.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(sizeof(pthread_t) <= sizeof(uint64_t), "a pthread_t fits the handle");

static int argument_count;
static char **arguments;

// glibc hands the arguments of main to constructors too; Embedded Swift has no other way to them.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

int warden_argument_count(void) { return argument_count > 0 ? argument_count - 1 : 0; }

const char *warden_argument(int index) { return arguments[index + 1]; }

char **warden_arguments(void) { return arguments; }

uint32_t warden_user(void) { return geteuid(); }

const char *warden_environment(const char *name) { return getenv(name); }

int warden_memory_lock(void) { return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : -errno; }

int warden_real_time(int priority) {
    struct sched_param asked = {.sched_priority = priority};
    return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &asked) == 0 ? 0 : -errno;
}

void warden_exit(int code) {
    fflush(NULL);
    exit(code);
}

static void *run(void *argument) {
    warden_thread *thread = argument;
    thread->body(thread->context);
    return NULL;
}

int warden_thread_start(
    warden_thread *thread, const char *name, size_t stack_bytes, void (*body)(void *), void *context) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) return -error;
    // 16 KiB on x86_64 and armhf, 128 KiB on arm64.
    long stack_minimum = sysconf(_SC_THREAD_STACK_MIN);
    if (stack_minimum > 0 && stack_bytes < (size_t)stack_minimum) stack_bytes = (size_t)stack_minimum;
    error = pthread_attr_setstacksize(&attributes, stack_bytes);

    // A thread inherits the mask of the one that starts it.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread->body = body;
    thread->context = context;
    pthread_t handle = 0;
    if (error == 0) error = pthread_create(&handle, &attributes, run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error != 0) return -error;

    thread->handle = (uint64_t)handle;
    if (name != NULL) pthread_setname_np(handle, name);
    return 0;
}

bool warden_thread_join(warden_thread *thread, uint32_t patience_ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += patience_ms / 1000;
    until.tv_nsec += (long)(patience_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec += 1;
        until.tv_nsec -= 1000000000;
    }
    return pthread_timedjoin_np((pthread_t)thread->handle, NULL, &until) == 0;
}

double warden_scale(double value, int exponent) { return ldexp(value, exponent); }
